"""Job descriptions: a closed grammar that reads back, nine sections without a hole, versions that stay, their paper."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pypdfium2
import pytest
from django.utils import timezone
from docx import Document
from hypothesis import given, settings
from hypothesis import strategies as st

from kpis.services.weights import set_weights
from omnichannel.accounts.models import User
from omnichannel.workspaces.models import Workspace
from roles.catalogue import RoleKey, StageKey, load_roles
from talent.description_files import file_of
from talent.descriptions.diff import diff_lines
from talent.errors.descriptions import IssuedAlready, KeptForGood, NothingChanged, SectionsRefused, WrittenMeanwhile
from talent.paper.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Run,
    Table,
    bullets,
    inline,
    normal,
    paragraph,
    text_of,
)
from talent.paper.reading import read_blocks, read_paper
from talent.paper.writing import write_blocks, write_paper
from talent.people.pay import Level
from talent.queries.jd_materials import Subject, read_grounds
from talent.queries.job_descriptions import generated, job_description
from talent.queries.job_descriptions_kept import Described, described, paper_of
from talent.services.job_descriptions import Author, issue_version, restore_version, save_version
from tests.orgstages.world import write_organisation

SPOILT = {"purpose": " \n", "nothing": "x", "duties": "d" * 20_001}
CHINESE = re.compile("[\u3400-\u9fff，。；：、（）]")
KEYS = "|".join(re.escape(key.value) for key in RoleKey)
RAW = re.compile(rf"[{{}}]|None|[a-z]+_[a-z_]+|\b({KEYS})\b")
# What Chinese paper says in Latin letters as well.
LATIN_TERMS = {"APP", "BA", "CDO", "CGO", "CMO", "CRM", "CXO", "IT", "RFM", "ROI", "SOP", "SQL"}
MARKS = "ab1 2.)-+*_|\\`#<>&~[]()!=:，。会员（）/é\n\t'\"%￥$^{};　"
TEXT = st.text(
    alphabet=st.sampled_from(list("ab1 2.)-+*_|\\`#<>&~[]()!=:，。会员（）/é\n\t'\"%￥$^{};　")), max_size=12
)
RUNS = st.lists(st.builds(Run, TEXT, st.booleans()), max_size=4).map(inline)


def tables(width: int) -> st.SearchStrategy[Table]:
    """Return tables of so many columns."""
    row = st.tuples(*[RUNS] * width)
    return st.builds(Table, row, st.lists(row, max_size=3).map(tuple), st.tuples(*[st.booleans()] * width))


BLOCKS = st.lists(
    st.one_of(
        st.builds(Heading, RUNS, st.sampled_from([3, 4])),
        st.builds(Paragraph, RUNS),
        st.builds(Bullets, st.lists(RUNS, max_size=3).map(tuple), st.booleans()),
        st.integers(1, 3).flatmap(tables),
    ),
    max_size=5,
).map(normal)


@settings(max_examples=150, deadline=None)
@given(BLOCKS)
def test_whatever_the_grammar_holds_reads_back_as_it_was_written(blocks: tuple[Block, ...]) -> None:
    assert read_blocks(write_blocks(blocks)) == blocks


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from(list("ab1 2.)-+*_|\\`#<>&~[]()!=:会\n\n\t")), max_size=60))
def test_whatever_is_typed_settles_at_once(text: str) -> None:
    once = read_blocks(text)
    assert read_blocks(write_blocks(once)) == once


def test_html_links_and_quotes_become_their_text() -> None:
    typed = "<script>alert(1)</script>\n\n[here](http://a.test) ![x](http://a.test/b.png)\n\n> quoted\n\n1. a\n   - b"
    script, link, quote, items = read_blocks(typed)
    assert script == paragraph("<script>alert(1)</script>")
    assert link == paragraph("here x")
    assert quote == paragraph("quoted")
    assert items == bullets(["a", "b"], numbered=True)
    assert read_blocks("[here](javascript:alert(1))") == (paragraph("[here](javascript:alert(1))"),)


def test_a_diff_shows_what_is_new_and_gone_with_its_surroundings() -> None:
    lines = diff_lines("a\n\nb\n\nc\n\nd\n\ne", "a\n\nb\n\nc\n\nd\n\nf")
    assert [(one.kind, one.text) for one in lines] == [
        ("same", "a"), ("same", "…"), ("same", "d"), ("removed", "e"), ("added", "f"),
    ]  # fmt: skip


def everything(language: str) -> list[Subject]:
    """Return every role in every stage, the levels in turn; all levels of all with JD_LEVELS=all."""
    levels = [level.value for level in Level]
    pairs = [(role.value, stage.value) for role in RoleKey for stage in StageKey]
    if os.environ.get("JD_LEVELS") == "all":
        return [Subject(role, stage, level, language) for role, stage in pairs for level in levels]
    # four steps of the role for three of the level: each role and each stage meets every level
    return [
        Subject(role, stage, levels[(place + place // 3) % 3], language) for place, (role, stage) in enumerate(pairs)
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_role_stage_and_level_has_nine_sections_without_a_hole(language: str, in_workspace: Workspace) -> None:
    grounds = read_grounds(date(2026, 11, 22), with_chart=False)
    headings = [section.names.in_language(language) for section in load_roles().jd.sections]
    for subject in everything(language):
        found = described(subject, grounds=grounds)
        assert [one.heading.lower() for one in found.sections] == [each.lower() for each in headings]
        total = [row for block in found.sections[5].blocks if isinstance(block, Table) for row in block.rows][-1]
        assert text_of(total[1]) == "100.00", subject
        for one in found.sections:
            assert one.blocks
            assert one.origins, (subject, one.id)
            assert read_blocks(one.text) == one.blocks
            assert write_blocks(one.blocks) == one.text
            for cell in texts_of(one.blocks):
                assert not RAW.search(cell), (subject, one.id, cell)
                assert_language(cell, language, (subject, one.id))
            for block in one.blocks:
                if isinstance(block, Table):
                    rows = block.rows[:-1] if one.id == "kpis" else block.rows
                    assert all(cell for row in (block.head, *rows) for cell in row), (subject, one.id, block)
        paper = paper_of(found, company="Acme 云裳")
        assert read_paper(write_paper(paper)) == paper


def texts_of(blocks: tuple[Block, ...]) -> list[str]:
    """Return every text of the blocks."""
    found = []
    for block in blocks:
        if isinstance(block, Heading | Paragraph):
            found.append(text_of(block.runs))
        elif isinstance(block, Bullets):
            found += [text_of(item) for item in block.items]
        elif isinstance(block, Table):
            found += [text_of(cell) for row in (block.head, *block.rows) for cell in row]
    return found


def assert_language(text: str, language: str, where: object) -> None:
    """Refuse text of the other language."""
    if language == "en":
        assert not CHINESE.search(text), (where, text)
    else:
        latin = set(re.findall(r"[A-Za-z]+", text))
        assert latin <= LATIN_TERMS, (where, text, latin - LATIN_TERMS)


def test_a_few_as_files_that_open_again(in_workspace: Workspace) -> None:
    grounds = read_grounds(date(2026, 11, 22), with_chart=False)
    for language, title in (("zh", "数据分析（经理）岗位说明书"), ("en", "Job description: Data analysis, manager")):
        found = described(Subject("data-analysis", "first-level", "manager", language), grounds=grounds)
        doc = Document(io.BytesIO(file_of(found, form="docx", company="Acme 云裳", author="me")))
        assert doc.paragraphs[0].text == title
        assert len([line for line in doc.paragraphs if line.style and line.style.name == "Heading 1"]) == 9
        cells = {cell.text for grid in doc.tables for row in grid.rows for cell in row.cells}
        assert {"100.00", "Acme 云裳"} <= cells
        pdf = pypdfium2.PdfDocument(file_of(found, form="pdf", company="Acme 云裳", author="me"))
        text = "".join(page.get_textpage().get_text_range() for page in pdf)
        assert title in text.replace("\r\n", "")
        assert "100.00" in text
        assert ("第 2 页，共 " if language == "zh" else "Page 2 of ") in text


def test_versions_stay_and_say_when_the_data_behind_them_change(
    in_workspace: Workspace, member: Callable[..., User]
) -> None:
    today = timezone.localdate()
    author = Author(None, today)
    subject = Subject("data-analysis", "first-level", "manager", "zh")

    def now() -> Described:
        return described(subject, grounds=read_grounds(today, with_chart=False))

    with pytest.raises(SectionsRefused) as refused:
        save_version(
            subject, sections={"purpose": " \n", "nothing": "x", "duties": "d" * 20_001}, author=author, note="n" * 301
        )
    assert set(refused.value.faults) == {"purpose", "nothing", "duties", "note"}
    first = save_version(subject, sections={"purpose": "让每个团队看到**同一份**数据。"}, author=author, read=0)
    with pytest.raises(NothingChanged):
        save_version(subject, sections={}, author=author)
    with pytest.raises(WrittenMeanwhile):
        save_version(subject, sections={"purpose": "别的"}, author=author, read=0)
    issue_version(first.job_description_id, number=1, author=author)
    with pytest.raises(IssuedAlready):
        issue_version(first.job_description_id, number=1, author=author)
    first.note = "changed"
    with pytest.raises(KeptForGood):
        first.save()
    with pytest.raises(KeptForGood):
        first.delete()
    assert now().stale == 0
    weights = {"metric_system_quality": 60, "report_on_time_rate": 40}
    set_weights(
        RoleKey.DATA_ANALYSIS, StageKey.FIRST_LEVEL, {key: Decimal(value) for key, value in weights.items()},
        effective_from=today, actor_id=member("owner").pk,
    )  # fmt: skip
    changed = now()
    assert [one.id for one in changed.sections if one.is_stale] == ["kpis"]
    kpis = next(one for one in changed.sections if one.id == "kpis")
    save_version(subject, sections={"kpis": kpis.fresh}, author=author)
    after = now()
    assert after.issued is not None
    assert (after.stale, after.newest, after.issued.number) == (0, 2, 1)
    save_version(subject, sections={"kpis": "自己写的指标"}, author=author)
    restore_version(first.job_description_id, number=2, author=author)
    restored = now()
    assert restored.newest == 4
    assert restored.version is not None
    assert restored.version.restored_from == 2
    assert next(one.text for one in restored.sections if one.id == "kpis") == kpis.fresh
    with pytest.raises(IssuedAlready):
        issue_version(first.job_description_id, number=2, author=author)


def test_a_unit_gives_path_superior_head_count_and_the_pay_of_its_city(in_workspace: Workspace) -> None:
    write_organisation()
    document = job_description(
        "user-ops", stage="first-level", level="manager", language="zh", unit="UC", as_of=date(2026, 11, 22)
    )
    place = next(one.text for one in document.sections if one.id == "place")
    assert "云裳集团 › 女装事业部 › 用户中心" in place
    assert "| 直接上级 | CEO · 云裳集团 |" not in place
    assert "| 直接上级 | LEAD · 用户中心 |" in place
    assert "| 单位人数（含下级） | 3 人，2.5 全时 |" in place
    assert "| 本岗位现有人员 | 1 人，0.8 全时 |" in place
    assert "| 全域战略管理 | 1 | 1 |" in place
    assert generated(document.subject, grounds=read_grounds(date(2026, 11, 22), with_chart=True)) == document
