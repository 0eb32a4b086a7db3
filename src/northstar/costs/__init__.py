"""What a run costs: tokens and GPU hours, estimated from earlier runs and published figures."""
