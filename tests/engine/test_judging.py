"""What is put on record of a judgement."""

from __future__ import annotations

from northstar.core.records import Generation
from northstar.engine.judging import recorder


def test_a_judge_that_ended_inside_its_reasoning_is_on_record_as_that() -> None:
    said = Generation(generation="", reasoning="hm", reasoning_unfinished=True, finish_reason="stop")
    line = recorder("j")({"id": 1}, said, {"judge_correct": None, "judge_unparsed": True})
    assert (line["reasoning"], line["reasoning_unfinished"]) == ("hm", True)


def test_it_is_on_record_whether_the_end_of_that_reasoning_was_looked_for() -> None:
    said = Generation(generation="", reasoning="hm", reasoning_unfinished=True, end_not_found=True)
    assert recorder("j")({"id": 1}, said, {"judge_correct": None})["end_not_found"] is True


def test_of_a_judgement_that_has_a_text_the_reasoning_is_left_out() -> None:
    line = recorder("j")({"id": 1}, Generation(generation="Judgement: Yes", reasoning="hm"), {"judge_correct": True})
    assert "reasoning" not in line
