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
    "so you", "so an", "so there", "so my", "so if", "so no", "so that's", "so this", "so its",
    "so nobody", "so nothing", "so people", "as a result",
    "this means", "makes it", "so as to",
    "without it", "without that", "good enough",
    "is enough", "are enough", "too slow", "too expensive", "too small", "too late", "too noisy",
    "too rare", "too many", "better than", "worse than", "more than it", "beats", "faster than",
    "the idea is", "the point of", "the catch is", "the trouble is", "the problem with",
    "matters because", "matters more", "for two reasons", "one reason",
    "is why", "is how", "costs more", "cost more", "costs less",
    "even if", "on the other hand",
    "not because", "which would",
    "which lets", "which gives", "which makes", "which is what", "forces", "protects",
    "would be wrong", "overkill", "compromise",
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
    "mistake", "mistakes", "breaks down", "falls apart", "blow up", "surprise",
    "surprised", "burned", "bitten", "bite", "bites", "lies", "lie", "fool", "fools", "cheat",
    "hide", "crash", "dies",
    "too slow", "too late", "storm",
    "holiday", "bad day", "incident", "page someone", "paged", "wake", "if that fails", "breach",
    "counterfactual", "limitation", "pitfall", "concern", "worry", "watch out", "catch",
)  # fmt: skip
