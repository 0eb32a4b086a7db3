"""How other languages than English state an answer: a table, which stated_letter.py makes patterns of."""

from __future__ import annotations

from typing import NamedTuple


class Words(NamedTuple):
    """Of one language, with bars between the alternatives.

    Args:
        answer: What the letter is said of: "Antwort", "答案".
        link: What stands between the two where no colon does: "ist", "是"; empty if nothing must.
        option: What may stand right before the letter: "Option", "选项".
        reason: What may follow the letter without a comma: "weil".
    """

    answer: str
    link: str = ""
    option: str = ""
    reason: str = ""

    def answers(self) -> set[str]:
        """Return the words for an answer as they are written, in lower case, capitalised and in upper case."""
        words = self.answer.split("|")
        return {form for word in words for form in (word, word[0].upper() + word[1:], word.upper())}


LANGUAGES = {
    "Arabic": Words(
        "الإجابة|الاجابة|إجابة|اجابة|الجواب|جواب|الخيار الصحيح|الاختيار الصحيح",
        "هي|هو|تكون|ستكون",
        "الخيار|الاختيار|الحرف|الإجابة",
        "لأن",
    ),
    "Bengali": Words("উত্তরঃ|উত্তর|উত্তরটি", "হল|হলো|হচ্ছে|হবে", "বিকল্প|অপশন", "কারণ"),
    "Chinese": Words(
        "答案|答|答曰|回答|答复|答覆|解答|正确选项|正確選項|正确的选项|正確的選項",
        "应该是|應該是|应该为|就是|应为|應為|应是|應是|是|为|為|选择|選擇|选|選",
        "选项|選項|选|選",
        "因为|因為",
    ),
    "Chinese, choosing": Words(
        "故选|故選|应选|應選|因此选|所以选|本题选|本題選|此题选|综上选|应该选|應該選|因此选择|所以选择|故选择|我选|我选择|我選",
        "",
        "选项|選項",
    ),
    "Czech": Words("odpověď", "je", "možnost"),
    "Dutch": Words("antwoord", "is", "optie", "omdat"),
    "French": Words("réponse|reponse", "est|serait", "l'option|l’option|option|la lettre|lettre|la", "car|parce que"),
    "German": Words("antwort|lösung", "ist|lautet|wäre", "Option|Antwort|Buchstabe|Möglichkeit", "weil|da|denn"),
    "Greek": Words("απάντηση", "είναι", "η επιλογή|επιλογή|το|η"),
    "Hebrew": Words("התשובה|תשובה", "היא", "אפשרות"),
    "Hindi": Words("उत्तर|जवाब", "है|होगा|यह है", "विकल्प", "क्योंकि"),
    "Indonesian": Words("jawaban|jawabannya", "adalah|ialah|yaitu|yakni", "opsi|pilihan|huruf", "karena"),
    "Italian": Words("risposta", "è|sarebbe", "l'opzione|l’opzione|opzione|la lettera|lettera|la", "perché|poiché"),
    "Japanese": Words("答え|答|回答|解答|正解|正答|正しい選択肢|正しい答え", "は", "選択肢", "なぜなら"),
    "Korean": Words("정답|답변|답안|해답|답", "은|는|이|:은", "선택지|보기|옵션", "왜냐하면"),
    "Persian": Words("پاسخ", "برابر است با|است", "گزینه|گزینهٔ|گزینه‌ی"),
    "Polish": Words("odpowiedź|odpowiedzią", "to|jest|brzmi", "opcja"),
    "Portuguese": Words(
        "resposta", "é|seria", "a opção|opção|a alternativa|alternativa|a letra|letra|a", "pois|porque"
    ),
    "Russian": Words(
        "ответ|ответом|правильный вариант", "является|это|будет", "вариант|буква|под буквой", "потому что|так как"
    ),
    "Spanish": Words("respuesta", "es|sería", "la opción|opción|la letra|letra|la alternativa|la", "porque|ya que"),
    "Swahili": Words("jibu", "ni", "chaguo", "kwa sababu"),
    "Telugu": Words("సమాధానం|జవాబు", "", "ఎంపిక"),
    "Tamil": Words("பதில்|விடை", "", "விருப்பம்"),
    "Thai": Words("คำตอบ|คำตอบที่ถูกต้อง|คำตอบสุดท้าย", "คือ|เป็น", "ข้อ|ตัวเลือก"),
    "Turkish": Words("cevap|yanıt", "", "seçenek|şık"),
    "Ukrainian": Words("відповідь", "це", "варіант"),
    "Urdu": Words("جواب", "ہے", "آپشن"),
    "Vietnamese": Words("đáp án|trả lời|câu trả lời", "là", "phương án|lựa chọn|đáp án", "vì"),
    "Yoruba": Words("ìdáhùn|idáhùn|idahun|i\u0300da\u0301hu\u0300n|àdáhùn|àṣàyàn|àmọ̀nà|ànúgọ", "ni|jẹ", "àṣàyàn"),
}

AFTER_LETTER = "选项|選項|項|です|だ|である|となります|になります|입니다|이다|번|이며|है|होगा|হবে|হল|ہے"
"""What may follow the letter at once: "答えはCです"."""

OTHER_AND = (
    r"(?:[yoeiu]|и)(?=\s[|(]{0,2}[A-ZА-Я](?!\w))|und|oder|et|ou|или|та|або|dan|atau|na|au|tàbí|en|lub|ve|veya|và|hoặc"
    "|و|أو|और|या|এবং|বা|와|과|및|또는|と|και"
)
"""What joins two letters: "C und D"."""

NOT = "no|não|nao|non|ne|nicht|nie|niet|не|ні|δεν|không|bukan|ليس|ليست|si|ko|لا"
"""What denies the answer before the link: "La respuesta no es B"."""

LETTERS = dict(zip("أابجدАСঅবডঢ", "AABCDACABCD", strict=True))  # Cyrillic В is none: it looks like B and is the third
"""Letters of other scripts that stand for an option after a word of LANGUAGES."""
