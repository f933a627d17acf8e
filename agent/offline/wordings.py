"""How reasons, and risks or failures, are worded in English, whatever the subject.

Terms as the matcher reads them. They are weighed in `agent.offline.levels`.
"""

REASONS = (
    "because", "since we", "since the", "since it", "since most", "so that", "therefore", "thus",
    "hence", "which means", "that means", "meaning that", "that way", "this way", "due to",
    "trade off", "tradeoff", "trade", "instead of", "rather than", "otherwise", "the reason",
    "reason is", "that's why", "which is why", "to avoid", "to prevent", "in order to", "versus",
    "downside", "upside", "the cost of", "at the cost", "the price of", "at the price", "whereas",
    "compared to", "compared with", "as opposed to", "worth it", "not worth", "pays off",
    "so it", "so we", "so the", "so i", "so they", "so a", "gives us", "lets us", "allows us",
    "avoids", "prevents", "i prefer", "i'd prefer", "over a", "it matters", "what matters",
    "even though", "unless", "only if", "justify", "justified", "justifies", "advantage",
    "disadvantage", "cheaper", "simpler", "the problem is", "the point is", "would hide", "hides",
    "balance", "hurts", "at the expense", "costs us", "the risk is", "would otherwise",
)  # fmt: skip
RISKS = (
    "risk", "fail", "fails", "failure", "breaks", "broken", "edge case", "corner case",
    "worst case", "what if", "if it goes", "goes down",
    "outage", "fall back", "fallback", "spike", "drops",
    "degrade", "misleading", "would inflate", "inflates", "biased", "bias", "skew", "danger",
    "dangerous", "careful", "trap", "gotcha", "subtle", "caveat", "guard", "guardrail", "silently",
    "silent", "happens when", "stale", "abuse", "adversary", "attacker", "rare", "delay", "delayed",
    "late", "lag", "mismatch", "blind spot", "overfit", "timeout", "times out", "contaminate",
    "self fulfilling", "runaway", "starve", "alert", "roll back", "rollback", "kill switch",
    "leak", "leaks", "unseen", "cold start", "collapse", "noisy", "never see", "exploration",
    "counterfactual", "limitation", "pitfall", "concern", "worry", "watch out", "catch",
)  # fmt: skip
