"""What several rules share: the parts of a proof, of a message and of an edit."""
