"""Posts, drafts, schedules, products, and the media pipeline."""
