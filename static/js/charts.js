// Draws the charts: finds [data-chart], loads plotly once when the first comes near, draws in our fonts and colours,
// follows the theme, saves PNG, SVG and CSV, and lets arrow keys read the points. Sets data-ready when drawn.
const css = (name) => getComputedStyle(probe(name)).color;
let dot;
let plotly;
let pen;

// light-dark() resolves only on an element, so the colour is read from a hidden one.
function probe(name) {
  dot ??= document.body.appendChild(Object.assign(document.createElement("i"), { hidden: true }));
  dot.className = `probe probe--${name}`;
  return dot;
}

function loadPlotly(url) {
  plotly ??= new Promise((resolve, reject) => {
    // plotly leaves a page alone that says so; the styles it would write inline are refused by the content policy
    document.head.append(Object.assign(document.createElement("meta"), { id: "plotly.js-style-global", className: "no-inline-styles" }));
    const script = Object.assign(document.createElement("script"), { src: url });
    script.addEventListener("load", () => resolve(window.Plotly));
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return plotly;
}

async function figureOf(chart) {
  const inline = document.getElementById(`${chart.dataset.chart}-figure`);
  if (inline) return JSON.parse(inline.textContent, themed);
  const answer = await fetch(chart.dataset.figureUrl, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`figure: ${answer.status}`);
  return JSON.parse(await answer.text(), themed);
}

// Figures name the light palette; the dark theme has a lighter shade of each, so that entities keep their hue.
const HUES = { "#0072B2": 1, "#E69F00": 2, "#009E73": 3, "#CC79A7": 4, "#D55E00": 5, "#56B4E9": 6 };

function themed(_key, value) {
  return HUES[value] ? css(`chart-${HUES[value]}`) : value;
}

function template() {
  const axis = { gridcolor: css("line"), linecolor: css("line-strong"), zerolinecolor: css("line-strong"), tickfont: { color: css("muted") }, automargin: true, title: { font: { color: css("muted"), size: 12 }, standoff: 8 } };
  return {
    layout: {
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: css("ink") },
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      colorway: [1, 2, 3, 4, 5, 6].map((n) => css(`chart-${n}`)).concat(css("chart-grey")),
      margin: { l: 8, r: 12, t: 12, b: 8 },
      // a clear tick keeps the first label under the axis off the lowest one beside it
      xaxis: { ...axis, showgrid: false, ticks: "outside", ticklen: 5, tickcolor: "rgba(0,0,0,0)" },
      yaxis: axis,
      hoverlabel: { bgcolor: css("surface"), bordercolor: css("line-strong"), font: { color: css("ink") } },
      legend: { orientation: "h", y: 1.02, yanchor: "bottom", x: 0 },
      bargap: 0.35,
      polar: { bgcolor: "rgba(0,0,0,0)", radialaxis: { gridcolor: css("line"), linecolor: css("line") }, angularaxis: { gridcolor: css("line"), linecolor: css("line-strong") } },
    },
  };
}

// Ticks as the tables write numbers: 万 and 亿 in Chinese, k and m in English, with a short unit on the tick itself.
const SCALES = document.documentElement.lang.startsWith("zh") ? [[1e8, "亿"], [1e4, "万"]] : [[1e9, "bn"], [1e6, "m"], [1e3, "k"]];

function tick(value, unit) {
  const size = Math.abs(value);
  const [scale, name] = SCALES.find(([least]) => size >= least && size >= 1e4) ?? [1, ""];
  const text = `${(size / scale).toLocaleString("en", { maximumFractionDigits: 2 })}${name && `\u202f${name}`}`;
  const sign = value < 0 ? "\u2212" : "";
  return unit === "¥" ? `${sign}¥${text}` : `${sign}${text}${unit && `\u202f${unit}`}`;
}

function widthOf(text) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

// A title longer than its axis would be cut at the picture's edge: it goes on in a further line.
function folded(text, room) {
  const lines = [""];
  // between words, and between any two Chinese characters
  for (const piece of text.match(/[\u3000-\u9fff\uff00-\uffef]|[^\s\u3000-\u9fff\uff00-\uffef]+\s*|\s+/g) ?? []) {
    if (lines.at(-1) && widthOf(lines.at(-1) + piece.trimEnd()) > room) lines.push("");
    lines[lines.length - 1] += piece;
  }
  return lines.map((line) => line.trimEnd()).join("<br>");
}

function relabel(plot) {
  const changes = {};
  for (const name of ["xaxis", "yaxis"]) {
    const axis = plot._fullLayout[name];
    const lines = axis?.title?.text ? folded(axis.title.text, axis._length) : "";
    if (lines.includes("<br>")) changes[`${name}.title.text`] = lines;
    if (!axis || axis.type !== "linear" || typeof axis.dtick !== "number") continue;
    const unit = axis.title?.text ?? "";
    const short = unit.length < 4;
    const [low, high] = [...axis.range].sort((a, b) => a - b);
    const fits = Math.max(2, Math.floor(axis._length / (name === "xaxis" ? 56 : 24)));
    const step = axis.dtick * Math.ceil((high - low) / axis.dtick / fits);
    const values = [];
    for (let at = Math.ceil(low / step - 1e-9); at * step <= high * (1 + 1e-9); at += 1) values.push(Number((at * step).toPrecision(12)));
    changes[`${name}.tickvals`] = values;
    changes[`${name}.ticktext`] = values.map((value) => tick(value, short ? unit : ""));
    if (short) changes[`${name}.title.text`] = "";
  }
  return changes;
}

// Where a point's name may stand beside it, as plotly calls it; the one that it came with is tried first.
const SIDES = ["top center", "bottom center", "top right", "top left", "bottom right", "bottom left", "middle right", "middle left"];
const SIGNS = { top: -1, left: -1, middle: 0, center: 0, bottom: 1, right: 1 };

// The edges of a name at a side of its point, in pixels of the plot, as plotly sets words of 12 pixels.
function boxOf({ x, y, away }, side, wide) {
  const [down, across] = side.split(" ").map((word) => SIGNS[word]);
  const left = x + across * away + ((across - 1) * wide) / 2;
  const foot = y + 9 + down * away + (down - 1) * 7.8;
  return [left, foot - 12, left + wide, foot + 4];
}

const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];

// Names of points move to a free side of their point; one that has none is left out: pointing at it says it.
async function part(plot) {
  const { xaxis, yaxis, width } = plot._fullLayout;
  const named = plot._fullData.filter((trace) => trace.mode === "markers+text");
  for (const { index, text, textposition } of named) {
    const points = plot.calcdata[index].map((point) => ({ x: xaxis.c2p(point.x), y: yaxis.c2p(point.y), away: (point.mrc ?? 5.5) / 0.8 + 1 }));
    const taken = points.map(({ x, y, away }) => [x - away, y - away, x + away, y + away]);
    const fits = (box, at) => box[0] >= 0 && box[2] <= width - xaxis._offset && box[1] >= -yaxis._offset && box[3] <= yaxis._length && !taken.some((other, place) => place !== at && meet(box, other));
    const first = [].concat(textposition);
    const sides = [...text].map((name, at) => {
      const side = name && [first[at] ?? first[0], ...SIDES].find((each) => fits(boxOf(points[at], each, widthOf(name)), at));
      if (side) taken.push(boxOf(points[at], side, widthOf(name)));
      return side || "";
    });
    const shown = [...text].map((name, at) => (sides[at] ? name : ""));
    await window.Plotly.restyle(plot, { text: [shown], textposition: [sides.map((side) => side || SIDES[0])] }, [index]);
  }
}

async function draw(chart) {
  const plot = chart.querySelector("[data-plot]");
  try {
    const [library, figure] = await Promise.all([loadPlotly(chart.dataset.plotly), figureOf(chart)]);
    const layout = { ...figure.layout, template: template(), autosize: true };
    layout.xaxis = { tickangle: 0, nticks: Math.max(3, Math.floor(plot.clientWidth / 72)), ...layout.xaxis };
    await library.newPlot(plot, figure.data, layout, { displayModeBar: false, responsive: true });
    await library.relayout(plot, relabel(plot));
    await part(plot);
    chart.dataset.ready = "true";
    sizes.observe(plot);
    const table = chart.querySelector(".chart__table");
    if (table && !table.dataset.kept) table.open = false;
    if (table) table.dataset.kept = "true";
  } catch (error) {
    chart.dataset.ready = "failed";
    plot.textContent = chart.dataset.failed;
    console.error(error);
  }
}

function download(blob, name) {
  const link = Object.assign(document.createElement("a"), { download: name, href: URL.createObjectURL(blob) });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

function csv(chart) {
  const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const rows = [...chart.querySelectorAll(".chart__table tr")];
  const lines = rows.map((row) => [...row.cells].map((cell) => quote(cell.textContent.trim())).join(","));
  return new Blob(["\ufeff", lines.join("\r\n")], { type: "text/csv" });
}

// Plotly's own PNG goes through a blob: image, which our content policy forbids; a data: image is allowed.
async function picture(chart, format) {
  const plot = chart.querySelector("[data-plot]");
  const { width, height } = plot.getBoundingClientRect();
  const address = await window.Plotly.toImage(plot, { format: "svg", width, height });
  if (format === "svg") return new Blob([decodeURIComponent(address.slice(address.indexOf(",") + 1))], { type: "image/svg+xml" });
  const image = Object.assign(new Image(), { src: address });
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = css("surface");
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-chart-save]");
  if (!button) return;
  const chart = button.closest("[data-chart]");
  const format = button.dataset.chartSave;
  if (format === "csv") download(csv(chart), `${chart.dataset.chart}.csv`);
  else if (window.Plotly) download(await picture(chart, format), `${chart.dataset.chart}.${format}`);
});

// Arrow keys walk the points of the first trace (up and down change the trace) and say them.
document.addEventListener("keydown", (event) => {
  const plot = event.target.closest?.("[data-plot]");
  if (!plot?.data || event.target !== plot || !event.key.startsWith("Arrow")) return;
  event.preventDefault();
  const at = plot.point ?? { curveNumber: 0, pointNumber: -1 };
  if (event.key === "ArrowUp" || event.key === "ArrowDown") {
    at.curveNumber = (at.curveNumber + (event.key === "ArrowDown" ? 1 : plot.data.length - 1)) % plot.data.length;
  }
  const trace = plot.data[at.curveNumber];
  const length = plot.calcdata?.[at.curveNumber]?.length ?? 0;
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key] ?? 0;
  at.pointNumber = Math.min(Math.max(at.pointNumber + step, 0), length - 1);
  plot.point = at;
  if (trace.visible === "legendonly" || !length) return;
  window.Plotly.Fx?.hover(plot, [at]);
  const read = (values) => (values?.[at.pointNumber] ?? values?._inputArray?.[at.pointNumber] ?? "");
  const words = [trace.name, read(trace.x), read(trace.y), read(trace.text)].filter((word) => word !== undefined && word !== "");
  plot.closest("[data-chart]").querySelector("[data-chart-point]").textContent = words.join(" · ");
});

// The window may stay while the chart's column changes: the rail folds, a side panel opens.
const sizes = new ResizeObserver((entries) => entries.forEach(({ target }) => target.clientWidth && window.Plotly.Plots.resize(target)));

const near = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    near.unobserve(target);
    draw(target);
  }
}, { rootMargin: "200px" });

function start() {
  document.querySelectorAll("[data-chart]:not([data-seen])").forEach((chart) => {
    chart.dataset.seen = "";
    near.observe(chart);
  });
}

document.addEventListener("themechange", () => document.querySelectorAll("[data-chart][data-ready=true]").forEach(draw));
document.addEventListener("htmx:load", start);
addEventListener("beforeprint", () => document.querySelectorAll("[data-chart]:not([data-ready])").forEach(draw));
start();
