"""What a customer wants: acts recognised from labelled examples, and the lane that they make."""
