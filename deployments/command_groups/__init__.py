"""What one can type after `./tend`, by heading: options and one sentence of help for each command."""
