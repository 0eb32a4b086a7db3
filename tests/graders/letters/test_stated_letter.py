"""Which words state a letter: several of them, rejected ones, marks of the end, and other languages than English."""

from __future__ import annotations

import pytest

from northstar.graders.extract_choice import extract_choice

SEVERAL = [
    "Answer: (A)(C)",
    "The answer is (A) (C).",
    "The answer is (A) (I), (J)",
    "The answer is (A) Sunda and (H) Sahul.",
    "The answer is (a) 0.02, (b) 0.98.",
    "Answer: (a) 0.02, (b) 0.98",
    "Answer:\nA. 411\nH. 435",
    "Answer:\n(A) 411\n(H) 435",
    "Answer:\n- A. 411\n- H. 435",
    "**Answer:**\n**A**. 411\n**H**. 435",
    "Answer:\nA\nH",
    "Answer: A. 411, H. 435",
    "Answer: A) 411 and H) 435",
    "The answer is (A) the first law; (B) the second law.",
    "The answer is **(A)** Sunda and **(H)** Sahul.",
    "The correct answers are: the answer is (A) 5 m & (B) 7 m.",
    "The answer is (A) Sunda or (H) Sahul.",
    "The answer is (A) Sunda, and also (H) Sahul.",
    "The answer is (A) Sunda and option (H) Sahul.",
    "The answer is (A) and (H).",
    "The answer is both A and C.",
    "The answer is both (A) and (C).",
    "The answers are (A) and (C).",
    "The answer is (A) and (C) are correct.",
    r"The answer is \boxed{A} and \boxed{C}, so \boxed{A, C}",
]
ONE = [
    ("The answer is (C) (I), (III) and (IV)", "C"),
    ("The answer is (C) (I) and (V).", "C"),
    ("The answer is (A) because (B) is too small and (C) too large.", "A"),
    ("The answer is (A), since (B) and (C) are wrong.", "A"),
    ("The answer is (A). (B) is right only for gases.", "A"),
    ("The answer is (A) 0.02, not (B) 0.98.", "A"),
    ("The answer is (A) 0.02, while (B) is 0.98.", "A"),
    ("The answer is (A), and (B) is wrong.", "A"),
    ("The answer is (A) and (B) is wrong.", "A"),
    ("The answer is (A) Sunda, and (H) would be Sahul.", "A"),
    ("The answer is (C) Both (A) and (B).", "C"),
    ("The answer is (C) A and B.", "C"),
    ("The answer is (D) a) 20 chromatids, b) 10 chromosomes", "D"),
    ("Answer: C. E. coli and B. subtilis", "C"),
    ("Answer: C. J. Smith and H. Jones", "C"),
    ("Answer: C. P(E, F), P(H|E)", "C"),
    ("Answer: C. v = 2sqrt(G/R) and (E/R)", "C"),
    ("Answer: C\n\nA. 411\nH. 435", "C"),
    ("The answer is (C).\n(A) is wrong, as it is too small.\n(B) is wrong, too.", "C"),
    ("Answer: C. 411\nA. is wrong, it is too small.", "C"),
    ("Answer: C\nC\nC", "C"),
    ("The answer is (A) Sunda and (H) Sahul? No: the answer is (H).", "H"),
]
REJECTED = [
    ("The answer is (A). The answer is (I) is incorrect.", "A"),
    ("The answer is (A). The answer is (I) is wrong.", "A"),
    ("The answer is (A). The answer is (I) is not correct.", "A"),
    ("The answer is (A). The answer is (I) isn't right.", "A"),
    ("The answer is (A). The answer is (I), which is incorrect.", "A"),
    ("The answer is (A). The answer is (I) cannot be correct.", "A"),
    ("The answer is (A). The answer is **I** is incorrect because of friction.", "A"),
    ("The answer is (I) is incorrect.", None),
    ("The answer is (I) is correct.", "I"),
    ("The answer is (I) cannot be determined.", "I"),  # the option's text
    ("The answer is (I) is not affected by heat.", "I"),
]
ENDED = [
    f"The answer is H{mark}" for mark in ("<EOS_TOKEN>", "<eos>", "<end_of_turn>", "</s>", "<|im_end|>", "<|eot_id|>")
]
ENDED += [
    f"The answer is H{mark}"
    for mark in ("<｜end▁of▁sentence｜>", " <eos>", "[EOS]", "[/INST]", "<br>", "<|endoftext|>")
]
CALLED_RIGHT = [
    ("The closest option is (A).", "A"),
    ("So the closest option is **A**.", "A"),
    ("The nearest choice is (A) 5 m.", "A"),
    ("The closest option to this value is (A).", "A"),
    ("The closest answer is (A).", "A"),
    ("The most appropriate option is: (A)", "A"),
    ("The only possible option is A.", "A"),
    ("The most likely choice would be (A).", "A"),
    ("Thus option **C** is correct.", "C"),
    ("Option C is correct.", "C"),
    ("Therefore, option (C) is the correct answer.", "C"),
    ("Hence choice C is the best answer.", "C"),
    ("(G) is the correct answer.", "G"),
    ("**G** is the correct answer.", "G"),
    ("So (G) is correct.", "G"),
    ("G is the correct answer.", "G"),
    ("So G is the best option.", "G"),
    ("(G) is the most appropriate choice.", "G"),
    ("(G) is the closest answer.", "G"),
    ("Therefore, (G) is the answer.", "G"),
    ("Option C is correct. Thus option C is the right choice.", "C"),
    ("(A) is the correct answer of another. The answer is (C).", "C"),  # a stated answer comes first
    ("Option A is correct. Answer: C", "C"),
    ("Option A is correct. Option C is correct.", None),
    ("Option C is not correct.", None),
    ("Option C is incorrect.", None),
    ("If option C is correct, then", None),
    ("I am not sure that option C is correct.", None),
    ("It is not clear that option C is correct.", None),
    ("I doubt that option C is correct.", None),
    ("The student believes that option C is correct.", None),
    ("Someone claims (C) is the correct answer.", None),
    ("It is false that option C is correct.", None),
    ("Perhaps (C) is the correct answer.", None),
    ("I think option C is correct.", "C"),
    ("I would say (C) is the best answer.", "C"),
    ("Let me see whether option C is correct.", None),
    ("Option C is correct only if x is 5.", None),
    ("Option C is correct about the mass, not about the rest.", None),
    ("Option C is correct, but incomplete.", None),
    ("Both (A) and (G) is the correct answer.", None),
    ("Neither (A) nor (G) is the correct answer.", None),
    ("Is it so that (G) is the correct answer?", None),
    ("Vitamin C is the correct answer.", None),
    ("The first option is (A).", None),
    ("The closest option is a bit larger.", None),
    ("The closest option is not (A).", None),
    ("The closest option is (A) or (B).", None),
    ("The wrong option is (A).", None),
    ("I think that C is correct.", None),
]
LANGUAGES = [
    "答案：C",
    "答案：Ｃ",
    "答案: (C)",
    "答案：（Ｃ）",
    "**答案：C**",
    "答案：**C**",
    "正确答案是C。",
    "正确答案是选项C。",
    "最终答案为 C",
    "因此，正确答案是 (C)。",
    "故选C。",
    "所以选择C。",
    "答案选C",
    "答案：C选项",
    "答え：C",
    "答えはCです。",
    "正解はCである。",
    "最終的な答え：**C**",
    "回答: C",
    "정답: C",
    "정답은 C입니다.",
    "답: C",
    "답은 (C)",
    "답변: C",
    "Antwort: C",
    "**Antwort:** C",
    "ANTWORT: C",
    "Die richtige Antwort ist C.",
    "Die Antwort lautet (C).",
    "Die Antwort ist C, weil es so ist.",
    "Réponse : C",
    "Réponse : **C**",
    "La réponse est C.",
    "La bonne réponse est (C).",
    "La réponse correcte est l'option C.",
    "RÉPONSE : C",
    "Respuesta: C",
    "La respuesta correcta es (C).",
    "La respuesta es la opción C.",
    "La respuesta es C porque es mayor.",
    "Resposta: C",
    "A resposta correta é a C.",
    "A resposta é (C).",
    "Resposta correta: alternativa C",
    "Risposta: C",
    "La risposta corretta è C.",
    "Ответ: C",
    "Ответ: **С**",  # Cyrillic
    "Правильный ответ — C.",
    "Ответом является C",
    "الإجابة: C",
    "الإجابة الصحيحة هي C.",
    "الإجابة الصحيحة هي (C)",
    "الجواب: ج",
    "उत्तर: C",
    "सही उत्तर C है।",
    "सही उत्तर: (C)",
    "উত্তর: C",
    "উত্তরঃ C",
    "সঠিক উত্তর হল C।",
    "Jibu: C",
    "Jibu sahihi ni C.",
    "Jibu ni (C)",
    "Ìdáhùn: C",
    "Idahun: C",
    "Ìdáhùn tó tọ́ ni C.",
    "Jawaban: C",
    "Jawaban yang benar adalah C.",
    "Jawabannya adalah (C).",
    "Cevap: C",
    "Đáp án: C",
    "Đáp án đúng là C.",
    "Odpowiedź: C",
    "Antwoord: C",
    "Απάντηση: C",
    "תשובה: C",
    "คำตอบ: C",
    "คำตอบที่ถูกต้องคือ C",
    "Answer：Ｃ",
    "Answer：（Ｃ）",
    "The answer is Ｃ。",
    "Answer:\u00a0C",
    "Answer: \u200bC\u200b",
]
NO_LETTER = [
    "答案是一个问题",
    "答案：不知道",
    "答案：A和C",
    "答案是C语言",
    "正解はCO2です",
    "Antwort: C und D",
    "Antwort: A bis D",
    "Antwort: Ich bin nicht sicher",
    "La respuesta es a menudo difícil.",
    "A resposta é a mesma.",
    "La réponse est à chercher.",
    "La respuesta es A o C.",
    "La respuesta no es C.",
    "A resposta não é C.",
    "Ответ не C.",
    "Đáp án không phải là C.",
    "Ответ: В",  # Cyrillic: the look of B, and the third letter
    "Ответ: А и С",
    "Jawaban: A dan C",
    "Jibu: a na b",
    "Respuesta: C-14",
    "Antwort: C₂",
]


@pytest.mark.parametrize("text", SEVERAL)
def test_several_letters_are_none(text: str) -> None:
    assert extract_choice(text, "ABCDEFGHIJ") is None


@pytest.mark.parametrize("text", SEVERAL)
def test_several_letters_do_not_fall_through_to_an_invented_question(text: str) -> None:
    assert extract_choice(f"{text}\n\nQuestion: What?\nOptions:\nA. x\nB. y\nAnswer: B", "ABCDEFGHIJ") is None


@pytest.mark.parametrize(("text", "letter"), [*ONE, *REJECTED])
def test_one_letter_beside_others(text: str, letter: str | None) -> None:
    assert extract_choice(text, "ABCDEFGHIJ") == letter


@pytest.mark.parametrize("text", ENDED)
def test_a_mark_of_the_end_ends_a_letter(text: str) -> None:
    assert extract_choice(text, "ABCDEFGHIJ") == "H"


@pytest.mark.parametrize("text", ["Answer: H<sub>2</sub>", "Answer: H<sup>+</sup>", "Answer: A<B", "Answer: A <B>"])
def test_other_angles_do_not(text: str) -> None:
    assert extract_choice(text, "ABCDEFGHIJ") is None


@pytest.mark.parametrize(("text", "letter"), CALLED_RIGHT)
def test_a_letter_that_is_called_right_counts_where_none_is_stated(text: str, letter: str | None) -> None:
    assert extract_choice(text, "ABCDEFGHIJ") == letter


@pytest.mark.parametrize("text", LANGUAGES)
@pytest.mark.parametrize("before", ["", "… A … B.\n\n"])
def test_other_languages(before: str, text: str) -> None:
    assert extract_choice(before + text, "ABCD") == "C"


@pytest.mark.parametrize("text", NO_LETTER)
def test_prose_in_other_languages_is_no_letter(text: str) -> None:
    assert extract_choice(text, "ABCD") is None


@pytest.mark.parametrize(
    ("text", "letter"),
    [
        ("The answer is (C).\n\nQuestion: What is x? (A) 1 (B) 2 (C) 3\nAnswer: The answer is (A).", "C"),
        ("The answer is (C).\n\nQuestion: What is x? A. 1 B. 2 C. 3\nAnswer: A", "C"),
        ("The answer is (C).\n\nQuestion 2: What is x?\n(A) 1 (B) 2 (C) 3\nAnswer: A", "C"),
        ("The answer is (C).\n\nQuestion: What is x?\nAnswer choices: (A) 1 (B) 2\nAnswer: A", "C"),
        ("The answer is (C).\n\nQ: What is x?\nAnswer Choices: (A) 1 (B) 2\nAnswer: A", "C"),
        ("The answer is (C).\n\nProblem 2: What is x?\nA) 1\nB) 2\nAnswer: A", "C"),
        ("The answer is (C).\n\nQuestion: What is x?\nAnswer: A", "C"),
        ("Question: What is x? (A) 1 (B) 2 (C) 3\nAnswer: C", "C"),
        ("Let me repeat it.\nQuestion: What is x? (A) 1 (B) 2 (C) 3\nAnswer: C", "C"),
        ("The answer is none of these.\n\nQuestion: What is x?\nA) 1\nB) 2\nAnswer: A", None),
        ("Answer: A, C\n\nQuestion: What is x?\nA) 1\nB) 2\nAnswer: A", None),
    ],
)
def test_an_invented_question_is_not_read(text: str, letter: str | None) -> None:
    assert extract_choice(text, "ABCD") == letter
