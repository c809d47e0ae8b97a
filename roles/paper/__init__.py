"""The org chart on paper: laid out as pages or as one sheet, drawn as PDF or SVG. Pure: knows no Django."""
