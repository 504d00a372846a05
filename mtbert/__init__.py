"""Multi-task fine-tuning of BERT: nouns that the stages compose."""
