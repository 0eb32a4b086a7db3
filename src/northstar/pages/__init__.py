"""What `ns view` and reports share: text of a model as safe HTML, formulas as MathML, a sample as a page."""
