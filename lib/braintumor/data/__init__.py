"""From files on disk to arrays: sources, manifest, audit, splits, cache, batches."""
