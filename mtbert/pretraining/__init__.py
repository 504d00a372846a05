"""Further pre-training of the encoder on the tasks' own texts, before it is fine-tuned.

Within-task and in-domain further pre-training of Sun et al. 2020 ("How to Fine-Tune BERT for Text
Classification?", section 5.3), by the masked language model of Devlin et al. 2019 (section 3.1),
without next-sentence prediction.
"""
