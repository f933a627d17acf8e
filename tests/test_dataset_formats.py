"""The layouts of public datasets and of passages, in small samples that were made up here."""

import json
from pathlib import Path

import numpy as np
import pytest

from tests.dataset_support import dataset, load, refused
from tests.inputs_support import put

# SAF


def saf_line(**changes: object) -> str:
    row = {
        "split": "training",
        "qid": 1.2,
        "question": "Why do ships float?",
        "reference": "They displace water.",
        "id": "S_1",
        "answer": "Water carries them.",
        "score": 0.8,
        "verification": "Partially correct",
    }
    return json.dumps(row | changes) + "\n"


def test_saf_gives_levels_totals_parts_and_groups(tmp_path: Path) -> None:
    lines = saf_line() + saf_line(id="S_2", split="unseen_answers", answer=None, score=0.0)
    data = load(dataset(tmp_path, "format: saf\n", saf_english_jsonl=lines))
    assert (data.ids, data.parts) == (("S_1", "S_2"), ("training", "unseen_answers"))
    assert data.groups == ("1.2", "1.2")
    assert data.answers[1].turns == ("",)
    assert data.answers[0].prompt == "Why do ships float?"
    assert data.answers[0].reference == "They displace water."
    assert data.people.values.ravel().tolist() == [6, 0]  # 0.8 is nearest to 6 eighths
    np.testing.assert_allclose(data.totals.values.ravel(), [80, 0])
    assert data.people.raters == data.totals.raters == ("course",)


def test_saf_of_hugging_face_is_known_by_its_keys(tmp_path: Path) -> None:
    row = {
        "id": "0f3",
        "question": "Why do ships float?",
        "reference_answer": "They displace water.",
        "provided_answer": "Water carries them.",
        "answer_feedback": "Say how.",
        "verification_feedback": "Partially correct",
        "score": 0.5,
    }
    about = "format: saf\nfiles: {test.jsonl: unseen_answers}\n"
    data = load(dataset(tmp_path, about, test_jsonl=json.dumps(row)))
    (answer,) = data.answers
    assert answer.turns == ("Water carries them.",)
    assert (answer.prompt, answer.reference) == ("Why do ships float?", "They displace water.")
    assert (data.parts, data.groups) == (("unseen_answers",), ("Why do ships float?",))
    assert data.totals.values.tolist() == [[50]]


def test_by_another_rubric_only_the_whole_answer_is_graded(tmp_path: Path) -> None:
    rubric = "id: ships\ntitle: Ships\ncriteria: [{id: water, title: Water, points: 2}]\n"
    about = "format: saf\nrubric: ships.yaml\n"
    data = load(dataset(tmp_path, about, saf_english_jsonl=saf_line(), ships_yaml=rubric))
    assert data.people.raters == ()
    np.testing.assert_allclose(data.totals.values, [[80]])


def test_a_score_of_saf_above_1_is_refused(tmp_path: Path) -> None:
    fault = refused(dataset(tmp_path, "format: saf\n", saf_english_jsonl=saf_line(score=2)))
    assert "2 points for 'answer'" in str(fault)
    assert fault.where == "line 1"


def test_columns_of_a_format_may_be_named_otherwise(tmp_path: Path) -> None:
    about = "format: saf\ncolumns: {group: author}\nraters: {kim: {answer: score}}\n"
    data = load(dataset(tmp_path, about, saf_english_jsonl=saf_line(author="lee")))
    assert (data.groups, data.people.raters) == (("lee",), ("kim",))


def test_a_table_of_grades_takes_the_place_of_a_formats_raters(tmp_path: Path) -> None:
    about = "format: saf\ngrades: grades.csv\n"
    grades = "id,rater,criterion,value\nS_1,kim,answer,1\n"
    data = load(dataset(tmp_path, about, saf_english_jsonl=saf_line(), grades_csv=grades))
    assert data.people.raters == ("kim",)


# DigiKlausur

DIGI_HEAD = ",question,student_answer,grades_round,student_modified,ref_answer,question_id\n"


def digi(folder: Path, rows: str, head: str = DIGI_HEAD) -> Path:
    return dataset(folder, "format: digiklausur\n", asag_dataset_csv=head + rows)


def test_digiklausur_has_one_judge_and_grades_0_to_2(tmp_path: Path) -> None:
    rows = (
        '0,What is a gate?,"It lets signals pass.\nOr not.",2.0,it let,A switch of signals.,4\n'
        "1,What is a gate?,A door.,0,door,A switch of signals.,4\n"
    )
    data = load(digi(tmp_path, rows))
    assert (data.ids, data.groups) == (("0", "1"), ("4", "4"))
    assert data.answers[0].turns == ("It lets signals pass.\nOr not.",)
    assert data.answers[1].reference == "A switch of signals."
    assert data.people.raters == ("judge",)
    assert data.people.values.ravel().tolist() == [2, 0]
    assert data.totals.values.ravel().tolist() == [100, 0]


def test_digiklausur_without_ids_is_numbered_by_question(tmp_path: Path) -> None:
    rows = "Why?,Snow.,1,,Ice.,7\nHow?,Fog.,2,,Ice.,8\nWhy?,Sun.,0,,Ice.,7\n"
    assert load(digi(tmp_path, rows, DIGI_HEAD[1:])).ids == ("7.1", "8.1", "7.2")


def test_digiklausur_without_ids_and_questions_is_refused(tmp_path: Path) -> None:
    head = "question,student_answer,grades_round\n"
    fault = refused(digi(tmp_path, "Why?,Snow.,1\n", head))
    assert "there is no column 'id'" in str(fault)


def test_a_grade_of_digiklausur_off_the_scale_is_refused(tmp_path: Path) -> None:
    fault = refused(digi(tmp_path, "0,Why?,Snow.,3,,Ice.,7\n"))
    assert "none of its levels (0, 1, 2)" in str(fault)


# ASAP-SAS

ASAP_HEAD = "Id\tEssaySet\tScore1\tScore2\tEssayText\n"


def asap(folder: Path, rows: str, about: str = "", head: str = ASAP_HEAD) -> Path:
    return dataset(folder, f"format: asap_sas\n{about}", train_rel_2_tsv=head + rows)


def test_asap_sas_has_two_raters_and_the_scale_of_its_set(tmp_path: Path) -> None:
    data = load(asap(tmp_path, "1\t1\t3\t2\tUse more vinegar.\n2\t1\t0\t1\tDunno.\n"))
    assert data.people.raters == ("score1", "score2")
    assert data.people.scales[0].top == 3
    assert data.people.values[:, 0].tolist() == [[3, 2], [0, 1]]
    np.testing.assert_allclose(data.totals.values, [[100, 200 / 3], [0, 100 / 3]])


@pytest.mark.parametrize(("name", "top"), [("6", 3), ("10", 2)])
def test_a_set_of_asap_sas_is_chosen_with_only(tmp_path: Path, name: str, top: int) -> None:
    rows = "1\t6\t2\t2\tOsmosis.\n2\t10\t2\t1\tDark paint.\n"
    data = load(asap(tmp_path, rows, f"only: {{EssaySet: {name}}}\n"))
    assert len(data.answers) == 1
    assert data.people.scales[0].top == top
    np.testing.assert_allclose(data.totals.values[0, 0], 200 / top)


def test_sets_of_asap_sas_with_one_scale_may_be_together(tmp_path: Path) -> None:
    rows = "1\t3\t2\t2\tPandas.\n2\t10\t2\t1\tPaint.\n3\t1\t3\t3\tAcid.\n"
    data = load(asap(tmp_path, rows, "only: {EssaySet: [3, 10]}\n"))
    assert (data.ids, data.people.scales[0].top) == (("1", "2"), 2)


def test_sets_of_asap_sas_with_two_scales_are_refused(tmp_path: Path) -> None:
    fault = refused(asap(tmp_path, "1\t1\t3\t3\tAcid.\n2\t10\t2\t1\tPaint.\n"))
    assert (fault.path.name, fault.where) == ("train_rel_2.tsv", "line 3")
    assert "set 10 has 0 to 2 points, the rows before 0 to 3" in str(fault)
    assert "only: {EssaySet: [1, 2, 5, 6]}" in fault.remedy


def test_an_unknown_set_of_asap_sas_is_refused(tmp_path: Path) -> None:
    assert "no set '11'" in str(refused(asap(tmp_path, "1\t11\t2\t2\tX.\n")))


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ('"The ""blob"" grows."', 'The "blob" grows.'),
        ('"Blob" is not "animal"', '"Blob" is not "animal"'),
        ('Weigh 5" of tape', 'Weigh 5" of tape'),
        ('"never closed', '"never closed'),
        ("one\ttab", "one\ttab"),
        ('"', '"'),
    ],
)
def test_quotes_of_asap_sas_never_swallow_a_row(tmp_path: Path, cell: str, text: str) -> None:
    data = load(asap(tmp_path, f"1\t1\t3\t2\t{cell}\r\n2\t1\t0\t1\tDunno.\r\n"))
    assert [answer.turns for answer in data.answers] == [(text,), ("Dunno.",)]


def test_a_broken_line_of_asap_sas_is_refused(tmp_path: Path) -> None:
    fault = refused(asap(tmp_path, "1\t1\t3\t2\tAcid\nand vinegar.\n"))
    assert fault.where == "line 3"
    assert "has 1 fields where the header has 5" in str(fault)


def test_asap_sas_without_its_columns_is_refused(tmp_path: Path) -> None:
    assert "there is no set ''" in str(refused(asap(tmp_path, "1\t2\n", head="Id\tText\n")))
    assert "holds no rows" in str(refused(asap(tmp_path, "")))


def test_asap_sas_saved_as_csv_is_read_as_such(tmp_path: Path) -> None:
    rows = 'Id,EssaySet,Score1,Score2,EssayText\n1,2,3,2,"Stretch, then\nweigh."\n'
    data = load(dataset(tmp_path, "format: asap_sas\nfiles: [a.csv]\n", a_csv=rows))
    assert data.answers[0].turns == ("Stretch, then\nweigh.",)


# Mohler


def archive(folder: Path, **changes: str | bytes) -> Path:
    """An unpacked archive with a question of an assignment and one of an exam."""
    files: dict[str, str | bytes] = {
        "docs/files": "1.1\n#1.2\n11.10\n",
        "raw/questions": "1.1 What is a queue?\n1.2 Pick one.\n11.10 What is a heap?\n",
        "raw/answers": "1.1 First in,<br>first out.\n11.10 A tree in order.\n",
        "raw/1.1": "1.1 A line.<br>As in shops.\n1.1\n",
        "raw/11.10": b"11.10\tA pile\xe9.\n11.10 A tree.\n",
        "scores/1.1/me": "5\n0\n",
        "scores/1.1/other": "4\n1\n",
        "scores/1.1/ave": "4.5\n0.5\n",
        "scores/11.10/me": "2\n10\n",
        "scores/11.10/other": "4\n9\n",
        "scores/11.10/ave": "1.5\n4.75\n",
    }
    for name, content in files.items():
        put(folder / "ShortAnswerGrading_v2.0/data" / name, changes.get(name, content))
    return dataset(folder, "format: mohler\n")


def test_the_archive_of_mohler_is_read_question_by_question(tmp_path: Path) -> None:
    data = load(archive(tmp_path))
    assert data.ids == ("1.1.1", "1.1.2", "11.10.1", "11.10.2")
    assert data.groups == ("1.1", "1.1", "11.10", "11.10")
    assert [answer.turns[0] for answer in data.answers] == [
        "A line.\nAs in shops.",
        "",
        "A pileé.",
        "A tree.",
    ]
    assert data.answers[0].prompt == "What is a queue?"
    assert data.answers[0].reference == "First in,\nfirst out."
    assert data.people.raters == ("me", "other")


def test_exams_of_mohler_graded_to_10_are_halved(tmp_path: Path) -> None:
    data = load(archive(tmp_path))
    np.testing.assert_allclose(data.totals.values, [[100, 80], [0, 20], [20, 40], [100, 90]])
    assert data.people.values[:, 0].tolist() == [[10, 8], [0, 2], [2, 4], [10, 9]]


def test_an_assignment_of_mohler_is_chosen_with_only(tmp_path: Path) -> None:
    folder = archive(tmp_path)
    dataset(tmp_path, "format: mohler\nonly: {assignment: 11}\n")
    assert load(folder).ids == ("11.10.1", "11.10.2")


def test_the_folder_data_alone_and_its_part_are_read(tmp_path: Path) -> None:
    folder = archive(tmp_path)
    (tmp_path / "ShortAnswerGrading_v2.0/data/docs/files").unlink()
    dataset(tmp_path, "format: mohler\nfiles: {ShortAnswerGrading_v2.0/data: all}\n")
    data = load(folder)
    assert (len(data.answers), set(data.parts)) == (4, {"all"})


ARCHIVES = {
    "a grade too few": ("scores/1.1/me", "5\n", "has 1 grades for the 2 answers"),
    "a word for a grade": ("scores/1.1/me", "5\ngood\n", "me: 'good' is no number"),
    "a grade off the scale": ("scores/1.1/me", "6\n0\n", "6 points for 'answer'"),
    "an unknown question": ("docs/files", "1.1\n3.1\n", "has no question '3.1'"),
}


@pytest.mark.parametrize(("name", "content", "said"), ARCHIVES.values(), ids=ARCHIVES)
def test_a_mistake_in_the_archive_of_mohler_is_refused(
    tmp_path: Path, name: str, content: str, said: str
) -> None:
    assert said in str(refused(archive(tmp_path, **{name: content})))


def test_a_folder_that_is_not_the_archive_is_refused(tmp_path: Path) -> None:
    (tmp_path / "ShortAnswerGrading_v2.0").mkdir()
    assert "holds no folder data/raw" in str(refused(dataset(tmp_path, "format: mohler\n")))


def test_an_archive_of_mohler_with_a_file_missing_is_refused(tmp_path: Path) -> None:
    folder = archive(tmp_path)
    missing = tmp_path / "ShortAnswerGrading_v2.0/data/scores/1.1/other"
    missing.unlink()
    fault = refused(folder)
    assert (fault.path, fault.problem) == (missing, "no such file")


def test_the_table_of_mohler_is_numbered_where_its_ids_are_questions(tmp_path: Path) -> None:
    table = (
        ",id,question,desired_answer,student_answer,score_me,score_other,score_avg\n"
        "0,1.1,What is a queue?,First in first out.,A line.,4.0,3.5,3.75\n"
        "1,1.1,What is a queue?,First in first out.,A bus.,0,1,0.5\n"
        "2,12.1,What is a heap?,A tree.,A tree.,10,8,4.5\n"
    )
    data = load(dataset(tmp_path, "format: mohler\nfiles: [m.csv]\n", m_csv=table))
    assert data.ids == ("1.1.1", "1.1.2", "12.1.1")
    assert data.groups == ("What is a queue?", "What is a queue?", "What is a heap?")
    assert data.answers[0].reference == "First in first out."
    np.testing.assert_allclose(data.totals.values, [[80, 70], [0, 20], [100, 80]])


def test_the_table_of_mohler_on_hugging_face_keeps_its_ids(tmp_path: Path) -> None:
    row = {
        "id": "E01.Q02.A03",
        "question": "What is a heap?",
        "instructor_answer": "A tree.",
        "student_answer": "A tree.",
        "score_grader_1": 4.5,
        "score_grader_2": 5.0,
        "score_avg": 4.75,
    }
    about = "format: mohler\nfiles: [m.jsonl]\n"
    data = load(dataset(tmp_path, about, m_jsonl=json.dumps(row)))
    assert (data.ids, data.answers[0].reference) == (("E01.Q02.A03",), "A tree.")
    assert data.people.values.ravel().tolist() == [9, 10]


def test_a_table_of_mohler_with_an_average_alone_names_it_as_a_rater(tmp_path: Path) -> None:
    table = "id,question,student_answer,score_avg\n1,Why?,Snow.,2.5\n"
    bare = "format: mohler\nfiles: [m.csv]\n"
    assert "no column 'me'" in str(refused(dataset(tmp_path, bare, m_csv=table)))
    about = f"{bare}raters: {{average: {{answer: score_avg}}}}\n"
    data = load(dataset(tmp_path, about, m_csv=table))
    assert (data.people.raters, data.totals.values.tolist()) == (("average",), [[50]])


# Passages

PASSAGES = """\
scenario: card_fraud
part: tuning
passages:
  - {id: goal_1, criterion: business_objective, level: 1, text: We want less fraud.}
  - {id: goal_3, criterion: business_objective, level: 3, text: "We want less fraud,\\n at a cost."}
  - {id: leak_0, criterion: leakage, level: 0, text: The label may be a feature.}
  - {id: talk, text: Let me think.}
answers:
  - {id: one, quality: good, note: Both goals., passages: [talk, goal_3, goal_1, leak_0]}
  - {id: two, quality: poor, note: Talk alone., passages: [talk]}
"""
PASSAGES_ABOUT = (
    "format: passages\nfiles: [card_fraud.yaml]\n"
    "raters: {construction: [business_objective, leakage, ml_task]}\n"
)


def passages(folder: Path, content: str = PASSAGES, about: str = PASSAGES_ABOUT) -> Path:
    return dataset(folder, about, card_fraud_yaml=content)


def test_an_answer_is_at_the_highest_level_of_its_passages(tmp_path: Path) -> None:
    data = load(passages(tmp_path))
    assert data.people.raters == ("construction",)
    assert data.people.criteria == ("business_objective", "ml_task", "leakage")
    assert data.people.values[:, :, 0].tolist() == [[3, 0, 0], [0, 0, 0]]


def test_an_answer_is_its_passages_as_paragraphs(tmp_path: Path) -> None:
    data = load(passages(tmp_path))
    assert data.answers[0].turns == (
        "Let me think.\n\nWe want less fraud, at a cost.\n\nWe want less fraud.\n\n"
        "The label may be a feature.",
    )
    assert data.answers[0].scenario == "card_fraud"
    assert (data.parts, data.groups) == (("tuning", "tuning"), ("one", "two"))


def test_answers_of_one_quality_can_be_chosen(tmp_path: Path) -> None:
    about = f"{PASSAGES_ABOUT}only: {{quality: poor}}\n"
    assert load(passages(tmp_path, about=about)).ids == ("two",)


def test_passages_need_no_rater(tmp_path: Path) -> None:
    data = load(passages(tmp_path, about="format: passages\nfiles: [card_fraud.yaml]\n"))
    assert (len(data.answers), data.people.raters) == (2, ())


MISTAKES = {
    "an unknown passage": ("[talk]", "[walk]", "answer 'two': there is no passage 'walk'"),
    "a passage twice in an answer": ("[talk]", "[talk, talk]", "passage of 'two' 'talk' stands"),
    "a passage twice": ("id: goal_3", "id: goal_1", "the passage id 'goal_1' stands more"),
    "an answer twice": ("id: two", "id: one", "the answer id 'one' stands more"),
    "a level without criterion": ("criterion: leakage, ", "", "needs both"),
    "a level that there is not": ("level: 3", "level: 5", "less than or equal to 4"),
    "a criterion that is not graded": ("leakage", "lekage", "'lekage', which is not graded"),
    "an unknown quality": ("quality: poor", "quality: bad", "'bad' is not accepted"),
    "no passages": ("[talk]", "[]", "at least 1"),
    "an unknown key": ("note: Talk", "not: Talk", "note: this key is missing"),
}


@pytest.mark.parametrize(("old", "new", "said"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_a_file_of_passages_is_refused(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    fault = refused(passages(tmp_path, PASSAGES.replace(old, new)))
    assert fault.path == tmp_path / "card_fraud.yaml"
    assert said in str(fault)


def test_an_answer_in_two_files_of_passages_is_refused(tmp_path: Path) -> None:
    about = PASSAGES_ABOUT.replace("card_fraud.yaml", "card_fraud.yaml, again.yaml")
    fault = refused(dataset(tmp_path, about, card_fraud_yaml=PASSAGES, again_yaml=PASSAGES))
    assert fault.path == tmp_path / "again.yaml"
    assert "the id 'one' stands twice" in str(fault)


def test_a_criterion_that_the_rubric_has_not_is_refused(tmp_path: Path) -> None:
    content = PASSAGES.replace("leakage", "lekage")
    fault = refused(passages(tmp_path, content, PASSAGES_ABOUT.replace("leakage", "lekage")))
    assert (fault.path.name, fault.where) == ("dataset.yaml", "raters.construction.lekage")
