"""Train the bundled encoder: gather, train, evaluate, export. See docs/model-card.md."""
