"""Where leads come from and what became of them: rates of channels, falls and bursts, and what to do."""

from lead_ml.lead_data.channels.measure import channel_report
from lead_ml.lead_data.channels.observed import ChannelQuestion
from lead_ml.lead_data.channels.records import ChannelReport, ChannelRow, Fall, RateChange, Surge

__all__ = [
    "ChannelQuestion",
    "ChannelReport",
    "ChannelRow",
    "Fall",
    "RateChange",
    "Surge",
    "channel_report",
]
