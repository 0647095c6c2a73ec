"""Which leads are one person.

- :mod:`fields`: what a column holds, and its values in comparable form; :mod:`hubs`: shared hotlines and mailboxes do not count;
- :mod:`blocking`, :mod:`compare` and :mod:`similarity`: which pairs are compared, and how alike they are;
- :mod:`weights` and :mod:`scored`: what likeness says, learned without labels;
- :mod:`cluster`: people, guarded against chains; :mod:`quality`: how good the result is;
- :mod:`reviewed` and :mod:`pair_model`: what people decided, and what is learned from it;
- :mod:`key_index`: possible duplicates of one new lead.
"""

from __future__ import annotations

from lead_ml.lead_data.match.key_index import KeyIndex, PossibleDuplicate
from lead_ml.lead_data.match.match import BANDS, Band, LeadMatches, MatchedPair, lead_columns, match
from lead_ml.lead_data.match.quality import MatchQuality
from lead_ml.lead_data.match.reviewed import Pair, ReviewedPair, read_reviewed, reviewed_csv, united

__all__ = [
    "BANDS",
    "Band",
    "KeyIndex",
    "LeadMatches",
    "MatchQuality",
    "MatchedPair",
    "Pair",
    "PossibleDuplicate",
    "ReviewedPair",
    "lead_columns",
    "match",
    "read_reviewed",
    "reviewed_csv",
    "united",
]
