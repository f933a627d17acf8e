"""From a grader's verdicts to a scorecard: evidence checked, levels added up."""
