"""A recording of turns: who says what, the service that is asked, and what two services said differently."""
