"""How the model learns: samplers, objectives, balancing, schedule, and the loop over them."""
