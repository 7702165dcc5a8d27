"""What a task is: its kind of example, model, loss, scores and served functions."""
