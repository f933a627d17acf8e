"""English is told from what the offline engine cannot read."""

import pytest

from agent.offline.language import is_unreadable


@pytest.mark.parametrize(
    "text",
    [
        "Wir würden ein Modell mit den Daten der Nutzer trainieren und dann die AUC messen.",
        "Wie werde ich bewertet?",
        "Ich weiß es nicht.",
        "¿Cuál es la respuesta correcta?",
        "Muéstrame los criterios de evaluación",
        "Quelle est la bonne réponse ?",
        "Je ne sais pas",
        "给我看评分标准",
        "你好",
        "採点基準を教えてください",
        "Покажи мне критерии",
    ],
)
def test_other_languages_are_unreadable(text: str) -> None:
    assert is_unreadable(text)


@pytest.mark.parametrize(
    "text",
    [
        "XGBoost",
        "CTR per user",
        "AUC, precision, recall",
        "NDCG@10, MAP, MRR, hit rate, coverage, diversity, novelty, latency, throughput",
        "σ(wᵀx + b)",
        "I would split by time.",
        "👍",
        "de facto standard",
    ],
)
def test_english_and_bare_terms_are_readable(text: str) -> None:
    assert not is_unreadable(text)
