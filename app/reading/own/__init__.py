"""The customer's own words apart from what he quotes, forwards, pastes, links to, or a recogniser says."""
