r"""The words of the figures, in English and in Korean.

Mathematics stays between dollars, without Hangul inside, and in the LaTeX that matplotlib knows: ``\Vert``, ``\leq``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

Say = Callable[..., str]
"""Gives the text of a key in one language, with its fields filled in."""

LANGUAGES = ("en", "ko")


def speaker(language: str) -> Say:
    """The texts of a language."""
    column = LANGUAGES.index(language)

    def say(key: str, *places: object, **fields: object) -> str:
        return TEXTS[key][column].format(*places, **fields)

    return say


class GraphWords(NamedTuple):
    """The words of a graph; loss and parameter stand where the braces are."""

    title: str
    computes: str
    gradient: str
    shared: str


GRAPH_WORDS: dict[str, GraphWords] = {
    "en": GraphWords(
        "One term of the gradient: from {loss} back to {by}", "computes", "gradient flows back", "shared by all steps"
    ),
    "ko": GraphWords("기울기의 한 항: {loss}에서 {by}까지", "계산", "기울기의 흐름", "모든 시점이 공유"),
}

TEXTS: dict[str, tuple[str, str]] = {
    "paths title": ("All paths from {} back to {}", "{}에서 {}까지의 모든 경로"),
    "paths count": (
        "is a sum over {} paths; at each node, in how many ways it is reached",
        "경로 {}개에 대한 합이다. 각 노드의 수는 그곳에 이르는 경로의 수이다",
    ),
    "paths single": ("is one path", "경로 하나이다"),
    "softmax title": (
        "Softmax: its Jacobian, and what the cross entropy leaves of it",
        "소프트맥스: 야코비 행렬, 그리고 교차 엔트로피와 함께 남는 것",
    ),
    "softmax caption": (
        "Each score raises its own output and lowers all others: every row and every column of the Jacobian sums"
        " to 0.\nMultiplied with the gradient of the cross entropy, the outputs below the fraction cancel,"
        " and output minus target is left.",
        "각 점수는 자기 출력은 키우고 다른 출력은 모두 줄인다. 야코비 행렬의 모든 행과 열의 합은 0이다.\n"
        "교차 엔트로피의 기울기와 곱하면 분모의 출력이 약분되어 출력 빼기 정답이 남는다.",
    ),
    "softmax outputs": (r"outputs $\hat{{y}}$, and the target $y$ (dashed)", r"출력 $\hat{{y}}$, 정답 $y$ (점선)"),
    "softmax jacobian": (
        r"Jacobian $\partial \hat{{y}}_i / \partial z_k$",
        r"야코비 행렬 $\partial \hat{{y}}_i / \partial z_k$",
    ),
    "softmax gradient": (
        r"$\partial L / \partial z_k = \hat{{y}}_k - y_k$",
        r"$\partial L / \partial z_k = \hat{{y}}_k - y_k$",
    ),
    "softmax class": ("class", "클래스"),
    "softmax score": (r"score $k$", r"점수 $k$"),
    "softmax output": (r"output $i$", r"출력 $i$"),
    "cell title": ("One step: all ways from {} back to {}", "한 시점: {}에서 {}까지의 모든 경로"),
    "computes": ("computes", "계산"),
    "flows": ("gradient flows back", "기울기의 흐름"),
    "orthogonal": ("tanh, small inputs", "tanh, 작은 입력"),
    "driven": ("tanh, large inputs", "tanh, 큰 입력"),
    "saturated": ("tanh, saturated", "tanh, 포화 상태"),
    "sigmoid": ("sigmoid", "sigmoid"),
    "gaussian": ("tanh, Gaussian weights", "tanh, 가우스 가중치"),
    "relu": ("ReLU", "ReLU"),
    "identity": ("identity", "항등 함수"),
    "tanh": ("tanh", "tanh"),
    "gelu": ("GELU", "GELU"),
    "silu": ("SiLU", "SiLU"),
    "threshold": (r"threshold $1/\gamma={:g}$", r"임계값 $1/\gamma={:g}$"),
    "distance": ("steps back, $T-t$", "거슬러 간 시점 수, $T-t$"),
    "step": ("step $t$", "시점 $t$"),
    "bound": ("bound", "상한"),
    "sum": ("norm of the sum of all terms", "모든 항의 합의 노름"),
    "product": ("product", "곱"),
    "term": ("norm of term $t$", "$t$번째 항의 노름"),
    "bias": ("bias $b$", "편향 $b$"),
    "inputs": ("scale $s$ of the inputs", "입력의 크기 $s$"),
    "rate": ("decades per step", "시점당 자릿수"),
    "must": ("must vanish", "반드시 소실"),
    "may": ("may explode, or vanish all the same", "폭발할 수도, 소실할 수도 있음"),
    "vanishing title": (
        "Below the threshold a gradient must vanish; above it, it may explode or vanish",
        "임계값 아래에서는 기울기가 반드시 소실되고, 위에서는 폭발할 수도 소실될 수도 있다",
    ),
    "vanishing caption": (
        "$h_t=f(Wh_{{t-1}}+s\\,x_t+b)$, $Q$ orthogonal. Lines and bands: median and 10–90 % of {seeds} networks with"
        " {hidden} units.\nDashed, in the same colour: the bound $(\\gamma\\,\\sigma_{{\\max}})^{{T-t}}$."
        " No product lies above its bound; many lie far below it.",
        "$h_t=f(Wh_{{t-1}}+s\\,x_t+b)$, $Q$는 직교 행렬. 선과 띠: 은닉 유닛 {hidden}개인 신경망 {seeds}개의 중앙값과"
        " 10–90 % 구간.\n"
        "같은 색 점선: 상한 $(\\gamma\\,\\sigma_{{\\max}})^{{T-t}}$."
        " 상한을 넘는 곱은 없고, 많은 곱이 상한보다 훨씬 작다.",
    ),
    "step-norms title": (
        "Steps that can stretch a gradient may still have a product that vanishes",
        "기울기를 늘릴 수 있는 시점들도 곱하면 소실될 수 있다",
    ),
    "step-norms caption": (
        "$h_t=f(Wh_{{t-1}}+s\\,x_t+b)$, $Q$ orthogonal. Lines and bands: median and 10–90 % of {seeds} networks with"
        " {hidden} units.\nDashed: $\\gamma\\,\\sigma_{{\\max}}$; black: 1. Product: the median of"
        " $\\Vert\\partial h_T/\\partial h_0\\Vert_2$ over all {steps} steps.",
        "$h_t=f(Wh_{{t-1}}+s\\,x_t+b)$, $Q$는 직교 행렬. 선과 띠: 은닉 유닛 {hidden}개인 신경망 {seeds}개의 중앙값과"
        " 10–90 % 구간.\n"
        "점선: $\\gamma\\,\\sigma_{{\\max}}$, 검은 선: 1. 곱: 모든 {steps}개 시점에 걸친"
        " $\\Vert\\partial h_T/\\partial h_0\\Vert_2$의 중앙값.",
    ),
    "terms title": (
        "What vanishes is the early terms, not the whole gradient",
        "소실되는 것은 기울기 전체가 아니라 앞쪽 항들이다",
    ),
    "terms caption": (
        "Term $t$ of $\\partial\\mathcal{{L}}/\\partial(W,U,b)$, many-to-one ({network}): median and 10–90 % of {seeds}"
        " networks with {hidden} units.\nDashed, in the same colour: the median norm of the sum of all terms,"
        " which is the whole gradient.",
        "$\\partial\\mathcal{{L}}/\\partial(W,U,b)$의 $t$번째 항, many-to-one ({network}): 은닉 유닛 {hidden}개인"
        " 신경망 {seeds}개의 중앙값과 10–90 % 구간.\n같은 색 점선: 모든 항의 합, 곧 기울기 전체의 노름(중앙값).",
    ),
    "activations title": ("The slope of the activation is one factor only", "활성화 함수의 기울기는 한 인자일 뿐이다"),
    "activations caption": (
        "$f\\,'(a)$, and dashed its supremum $\\gamma$. One step is"
        " $\\mathrm{{diag}}(f\\,'(a_{{t+1}}))\\,W$: a slope below 1 alone makes nothing vanish,\n"
        "because $W$ may undo it. GELU and SiLU reach above 1, so that for them $\\gamma=1$ would be no bound.",
        "$f\\,'(a)$와 그 상한 $\\gamma$(점선). 한 시점은 $\\mathrm{{diag}}(f\\,'(a_{{t+1}}))\\,W$이다. 기울기가 1보다"
        " 작다는 것만으로는 소실되지 않는다.\n$W$가 이를 상쇄할 수 있기 때문이다. GELU와 SiLU는 1을 넘으므로"
        " $\\gamma=1$은 상한이 아니다.",
    ),
    "window": ("window", "창"),
    "chunks": ("chunks", "조각"),
    "loss": ("loss of step $t$", "시점 $t$의 손실"),
    "use": ("use in step $k$", "시점 $k$에서의 사용"),
    "length": ("length $n$ of the window or of a chunk", "창 또는 조각의 길이 $n$"),
    "relative": ("relative error", "상대 오차"),
    "truncation title": (
        "A window drops the long delays, chunks drop what crosses a cut",
        "창은 긴 지연을, 조각은 경계를 넘는 것을 버린다",
    ),
    "truncation caption": (
        "Left: the terms of $\\sum_t\\sum_{{k\\leq t}}$ that are kept for $n={length}$. Right: the error of the"
        " gradient by $(W,U,b)$, $h_t=\\tanh(\\sigma_{{\\max}}Q\\,h_{{t-1}}+Ux_t+b)$,\n$Q$ orthogonal, small inputs:"
        " median and 10–90 % of {seeds} networks with {hidden} units. Lines: a window; dashed: chunks.",
        "왼쪽: $n={length}$일 때 남는 $\\sum_t\\sum_{{k\\leq t}}$의 항. 오른쪽: $(W,U,b)$에 대한 기울기의 오차,"
        " $h_t=\\tanh(\\sigma_{{\\max}}Q\\,h_{{t-1}}+Ux_t+b)$,\n$Q$는 직교 행렬, 작은 입력:"
        " 은닉 유닛 {hidden}개인 신경망 {seeds}개의 중앙값과 10–90 % 구간. 실선: 창, 점선: 조각.",
    ),
    "growth title": (
        "Above the threshold, the bias and the inputs decide whether gradients vanish",
        "임계값 위에서는 편향과 입력이 소실 여부를 정한다",
    ),
    "growth caption": (
        "$\\log_{{10}}\\Vert\\partial h_T/\\partial h_0\\Vert_2\\,/\\,T$ at $T={steps}$ ({network}): median of {seeds}"
        " networks with {hidden} units. Left $s={inputs:g}$, right $b={bias:g}$.\n"
        "Blue shrinks, red grows, solid line: neither; dashed: the threshold $1/\\gamma$.",
        "$T={steps}$일 때 $\\log_{{10}}\\Vert\\partial h_T/\\partial h_0\\Vert_2\\,/\\,T$ ({network}): 은닉 유닛"
        " {hidden}개인 신경망 {seeds}개의 중앙값. 왼쪽 $s={inputs:g}$, 오른쪽 $b={bias:g}$.\n"
        "파랑은 감소, 빨강은 증가, 실선은 그 경계, 점선은 임계값 $1/\\gamma$.",
    ),
}
