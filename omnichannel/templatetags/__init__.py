"""The design system's tags: `components` is the one door, a template builtin; the other modules hold its parts."""
