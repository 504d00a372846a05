"""Further pre-training: the encoder reads the tasks' own texts before it is fine-tuned.

Within-task and in-domain further pre-training of Sun et al. 2020 ("How to Fine-Tune BERT for Text
Classification?", section 5.3), by the masked language model of Devlin et al. 2019 (section 3.1),
without next-sentence prediction. Stands above the rooms, like `runs`: it joins an encoder of
modeling with what training knows of optimization.
"""
