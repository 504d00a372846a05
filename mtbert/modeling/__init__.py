"""From token ids to logits: encoder, packing, pooling, heads, model, checkpoint."""
