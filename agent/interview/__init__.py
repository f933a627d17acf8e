"""The interview machine: events, their fold, the policy, the clock, the session."""
