"""Documents that once led to a wrong verdict: each has a word that it must not get."""

from __future__ import annotations

import re
from functools import cache

import pytest

from bpttsym.document import read_document
from bpttsym.source import source_from_text
from bpttsym.verdict import judge

M = r"""
$$h_t=\tanh(W h_{t-1}+U x_t+b)$$

$$\hat y_t=V h_t+c$$

$$L_t=\frac12\lVert\hat y_t-y_t\rVert^2$$

$$L=\sum_{t=1}^T L_t$$
"""
LAST = r"\nabla_{h_t}L=V^\top(\hat y_t-y_t)"
STEP = r"\frac{\partial h_t}{\partial h_k}=\mathrm{diag}(1-h_t^2)W\frac{\partial h_{t-1}}{\partial h_k}"
RECURSION = r"\delta_t=V^\top(\hat y_t-y_t)+W^\top(\delta_{t+1}\odot(1-h_{t+1}^2))"
DELTA = r"\delta_t=\frac{\partial L}{\partial h_t}"
BY_DELTA = r"\nabla_b L=\sum_{t=1}^T\delta_t\odot(1-h_t^2)"
LOGISTIC = r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(h_t\odot(1-h_t))W$$"
SQUARED = r"$$\nabla_W L=\sum_{t=1}^T\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$"
SHORT = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=\frac12\|h_T-y\|^2$$"

LINEAR = r"$$h_t=W h_{t-1}+U x_t$$"
LONG = r"\left\|\frac{\partial h_T}{\partial h_1}\right\|"

CELL = r"$$h_t=\tanh(W h_{t-1}+U x_t)$$"
CLASSES = CELL + r"$$\hat y=\mathrm{softmax}(V h_T)$$ $$L=-\sum_j y_j\log\hat y_j$$"
EVERY = CELL + r"$$o_t=Vh_t$$ $$\hat y_t=\mathrm{softmax}(o_t)$$ $$L=-\sum_t\sum_j y_{t,j}\log\hat y_{t,j}$$"
BOTH_WAYS = (
    r"$$\overrightarrow h_t^{(l)}=\tanh(W^{(l)}z_t^{(l-1)}+A^{(l)}\overrightarrow h_{t-1}^{(l)})$$"
    r"$$\overleftarrow h_t^{(l)}=\tanh(R^{(l)}z_t^{(l-1)}+B^{(l)}\overleftarrow h_{t+1}^{(l)})$$"
    r"$$z_t^{(l)}=[\overrightarrow h_t^{(l)};\overleftarrow h_t^{(l)}]$$ $$z_t^{(0)}=x_t$$"
)
TOP = r"$$o_t=V z_t^{(2)}$$ $$L=\sum_t\|o_t-y_t\|^2$$"
THERE = r"\mathrm{diag}(1-(\overrightarrow h_t^{(l)})^2)"
BACK = r"\mathrm{diag}(1-(\overleftarrow h_t^{(l)})^2)"
STEPS = CELL + r"$$o_t=Vh_t$$ $$\hat y_t=\mathrm{softmax}(o_t)$$ $$L=\sum_t L_t$$"
PLAIN = CELL + r"$$\hat y_t=Vh_t$$ $$L=\sum_t L_t$$"
FED_BACK = r"$$h_t=\tanh(W h_{t-1}+R o_{t-1}+U x_t)$$ $$o_t=Vh_t$$ $$L=\sum_t L_t$$"
ASIDE = CELL + r"$$\hat y_t=g(h_t;\phi)$$ $$s_t=\|h_t\|$$ $$L=\sum_t L_t$$"
SUMMED = CELL + r"$$L_t=\|h_t-y_t\|^2$$ $$L=\sum_{t=1}^TL_t$$"
SOFTENED = r"$$\hat y_i=\frac{e^{z_i}}{\sum_{k=1}^Ke^{z_k}}$$ $$L=-\sum_{j=1}^Ky_j\log\hat y_j$$"

READ_OTHERWISE = frozenset(("the wrong order",))
"""True under a reading that is named."""

FALSE = {
    "weights with numbers, in the wrong order": r"$$s_t=\phi(W_1x_t+W_2y_{t-1}+b_1)$$ $$y_t=\psi(W_3s_t+b_2)$$"
    r"$$\frac{\partial s_t}{\partial y_{t-1}}=W_2\mathrm{diag}(\phi'(W_1x_t+W_2y_{t-1}+b_1))$$",
    "a set of steps under a product, one too few": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_i}{\partial h_j}=\prod_{j<t<i}\frac{\partial h_t}{\partial h_{t-1}}$$",
    "factors in a row, the wrong way round": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\frac{\partial h_T}{\partial h_1}="
    r"\mathrm{diag}(1-h_2^2)W\mathrm{diag}(1-h_3^2)W\cdots\mathrm{diag}(1-h_T^2)W$$",
    "a diagonal of a product of vectors, one too many": r"$$c_t=f_t\odot c_{t-1}+i_t\odot g_t$$"
    r"$$\frac{\partial c_T}{\partial c_k}=\mathrm{diag}\left(\prod_{t=k}^Tf_t\right)$$",
    "a formula of what is differentiated by, with its weights": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$z_t=Vh_t$$"
    r"$$y_t=\tanh(z_t)$$ $$\frac{\partial\tanh(Vh_t)}{\partial z_t}=\mathrm{diag}(1-y_t^2)V$$",
    "an inner product, the matrix not transposed": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$y=\langle w,h_T\rangle$$"
    r"$$L=(y-d)^2$$ $$\langle Wh_t,w\rangle=\langle h_t,Ww\rangle$$",
    "two matrix products multiplied by their entries, one forgotten": r"$$h_t=\tanh(Ux_t\odot Wh_{t-1})$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$",
    "a bound of numbers to the power of the steps": "STATES ARE NUMBERS"
    r"$$h_t=\sigma(wh_{t-1}+ux_t)$$ $$\left|\frac{dh_T}{dh_0}\right|\le\left(\frac{|w|}5\right)^T$$",
    "a penalty whose norm has no mark, twice": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\frac12\|h_T-y\|^2$$"
    r"$$J=L+\frac\lambda2\|W\|^2$$ $$\nabla_WJ=\nabla_WL+2\lambda W$$",
    "the slope of a rectifier, one step early": r"$$h_t=\max(0,Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(\mathbf 1[h_{t-1}>0])W$$",
    "the slope of a rectifier, also at zero": r"$$h_t=\max(0,Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(\mathbf 1[h_t\ge0])W$$",
    "three steps back, one path": r"$$h_t=\tanh(Wh_{t-1}+Sh_{t-3}+Ux_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{h_t}L=W^\top\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+1}}L$$",
    "the last three steps only": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_WL=\sum_{t=T-2}^T\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$",
    "a function without its argument": r"$$h_t=\sigma(Wh_{t-1}+Ux_t)$$ $$\sigma'=\sigma(1+\sigma)$$",
    "a derivative by d alone": r"$$h_t=\sigma(Wh_{t-1}+Ux_t)$$ $$\frac{d}{da}\log(1+e^a)=1-\sigma(a)$$",
    "a Greek letter that is added": r"$$q_t=\tanh(\Omega q_{t-1}+\Gamma u_t+\beta)$$ $$p_t=\Theta q_t$$"
    r"$$E=\sum_t\|p_t-d_t\|^2$$ $$\nabla_\Theta E=2\sum_tq_t(p_t-d_t)^\top$$",
    "a gate that is one number": r"$$h_t=f_th_{t-1}+i_t\tanh(Ux_t)$$ $$f_t=\sigma(a^\top x_t)$$ $$i_t=1-f_t$$"
    r"$$L=\|h_T-y\|^2$$ $$\nabla_UL=\sum_ti_tx_t\bigl((1-\tanh^2(Ux_t))\odot\nabla_{h_t}L\bigr)^\top$$",
    "the entries of a derivative by a matrix, transposed": r"$$a_t=\tanh(Wa_{t-1}+Ux_t)$$"
    r"$$\frac{\partial^+a_t}{\partial U}=x_t(1-a_t^2)^\top$$",
    "a mask that is a number, and what it leaves over forgotten": r"$$h_t=m_t\tanh(Wh_{t-1}+Ux_t)+(1-m_t)h_{t-1}$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=m_t\mathrm{diag}(1-\tanh^2(Wh_{t-1}+Ux_t))W$$",
    "a weight of a step, of another step": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\sum_{t=1}^T\alpha_t\|h_t-y_t\|^2$$"
    r"$$\nabla_{h_T}L=2\alpha_{T-1}(h_T-y_T)$$",
    "the return of the first step, twice": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$r_t=c^\top h_t$$"
    r"$$J=\sum_{t=1}^T\gamma^{t-1}r_t$$ $$G_t=r_t+\gamma G_{t+1}$$ $$G_1=2J$$",
    "a window of bound steps": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\sum_{t=1}^T\ell_t(h_t)$$"
    r"$$\delta_t=\frac{\partial L}{\partial h_t}$$"
    r"$$\delta_t=\sum_{k=1}^t\frac{\partial\ell_k}{\partial h_k}\frac{\partial h_k}{\partial h_t}$$",
    "a weight that is diagonalised, the wrong way round": r"$$h_t=Wh_{t-1}$$ $$W=Q\Lambda Q^{-1}$$"
    r"$$h_t=Q^{-1}\Lambda^tQh_0$$",
    "a weight that is a product of matrices": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$W=AB^\top$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=AB^\top\mathrm{diag}(1-h_t^2)$$",
    "a sum of matrices that is applied": r"$$h_t=\tanh((I+AB^\top)h_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)(I+BA^\top)$$",
    "a power of a number for the steps between": r"$$s_t=\lambda s_{t-1}+x_t$$"
    r"$$\frac{\partial s_t}{\partial s_k}=\lambda^{t-k+1}I$$",
    "a bound of all steps between, one power too many": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\gamma=\|W\|$$"
    r"$$\left\|\frac{\partial h_t}{\partial h_k}\right\|\le\gamma^{t-k+1}$$",
    "a network that is fed with what it says, its own weights only": r"$$h_t=\tanh(Wh_{t-1}+R\hat y_{t-1})$$"
    r"$$\hat y_t=Vh_t$$ $$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=\mathrm{diag}(1-h_t^2)W$$",
    "two norms of one matrix": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\|W\|_F=\|W\|_2$$",
    "a convolution that leaves out an input": r"$$h_t=Ah_{t-1}+Bx_t$$ $$y_t=Ch_t+Dx_t$$"
    r"$$y_t=CA^th_0+\sum_{k=1}^tCA^{t-k}Bx_k$$",
    "a softmax whose sum runs over steps": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$z_t=Vh_t$$ $$p_t=\mathrm{softmax}(z_t)$$"
    r"$$p_{t,k}=\frac{e^{z_{t,k}}}{\sum_je^{z_{j,t}}}$$",
    "a direction in which nothing changes": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=1-\frac{h_T^\top y}{\|h_T\|\|y\|}$$"
    r"$$y^\top\nabla_{h_T}L=0$$",
    "a share of the identity": r"$$h_t=(1-\alpha)h_{t-1}+\alpha\tanh(Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\alpha I+\alpha\mathrm{diag}(1-\tanh^2(Wh_{t-1}+Ux_t))W$$",
    "a sum of differences that begins a step early": r"$$h_t=h_{t-1}+V\phi(Uh_{t-1}+Rx_t)$$"
    r"$$h_T-h_k=V\sum_{t=k}^T\phi(Uh_{t-1}+Rx_t)$$",
    "a number to the power of the steps, one too few": "STATES ARE NUMBERS"
    r"$$h_t=\tanh(wh_{t-1}+ux_t)$$ $$\frac{dh_T}{dh_1}=w^T\prod_{t=2}^T(1-h_t^2)$$",
    "what a loss depends on, a square forgotten": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o_t=V h_t$$ $$q_t=R h_t$$"
    r"$$L=\sum_{t=1}^TL_t(o_t,y_t)$$"
    r"$$\frac{\partial L}{\partial h_t}=\frac{\partial L_t}{\partial o_t}V"
    r"+\frac{\partial L}{\partial h_{t+1}}\mathrm{diag}(1-h_{t+1})W$$",
    "what a loss depends on, another output": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o_t=V h_t$$ $$q_t=R h_t$$"
    r"$$L=\sum_{t=1}^TL_t(o_t,q_t)$$"
    r"$$\frac{\partial L}{\partial h_t}=\frac{\partial L_t}{\partial o_t}V"
    r"+\frac{\partial L}{\partial h_{t+1}}\mathrm{diag}(1-h_{t+1}^2)W$$",
    "a slope that is too small": r"$$\sigma'(x)\le\frac15$$",
    "a bound of known functions for one sign": r"$$|\tanh(x)|\le x$$",
    "a step and a layer, no square": r"$$h_t^{(l)}=\tanh(W^{(l)}h_{t-1}^{(l)}+U^{(l)}h_t^{(l-1)})$$ $$h_t^{(0)}=x_t$$"
    r"$$\frac{\partial h_t^{(l)}}{\partial h_{t-1}^{(l-1)}}=\mathrm{diag}(1-(h_t^{(l)})^2)"
    r"(U^{(l)}\mathrm{diag}(1-(h_t^{(l-1)})^2)W^{(l-1)}+W^{(l)}\mathrm{diag}(1-(h_{t-1}^{(l)}))U^{(l)})$$",
    "a change in running text that is forgotten": r"""
$$h_t=\tanh(W h_{t-1}+U x_t)$$

Let $h_t=\sigma(W h_{t-1}+U x_t)$ instead. Then
$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$""",
    "a network of control, one step early": r"$$x_{t+1}=\tanh(A x_t+B u_t)$$ $$J=\sum_{t=1}^T\|x_t\|^2$$"
    r"$$\lambda_t:=\nabla_{x_t}J$$ $$\nabla_BJ=\sum_{t=1}^{T-1}\mathrm{diag}(1-x_{t+1}^2)\lambda_{t}u_t^\top$$",
    "the layers cross": r"$$h_t^{(l)}=\tanh(W^{(l)}h_{t-1}^{(l)}+U^{(l)}h_t^{(l-1)})$$ $$h_t^{(0)}=x_t$$"
    r"$$o_t=Vh_t^{(2)}$$ $$L=\sum_t\|o_t-y_t\|^2$$"
    r"$$\nabla_{h_t^{(1)}}L=U^{(1)\top}\mathrm{diag}(1-(h_t^{(2)})^2)\nabla_{h_t^{(2)}}L"
    r"+W^{(1)\top}\mathrm{diag}(1-(h_{t+1}^{(1)})^2)\nabla_{h_{t+1}^{(1)}}L$$",
    "parts in another order": r"$$h_t=\tanh(W[h_{t-1};x_t]+b)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_WL=\sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)[x_t;h_{t-1}]^\top$$",
    "the target of the next step": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$z_t=Vh_t$$ $$p_t=\mathrm{softmax}(z_t)$$"
    r"$$L=-\sum_t\log p_{t,y_t}$$ $$\frac{\partial L}{\partial z_{t,i}}=p_{t,i}-\mathbf 1[i=y_{t+1}]$$",
    "tied weights": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$\hat y_t=U^\top h_t$$ $$L=\sum_t\|\hat y_t-y_t\|^2$$"
    r"$$\nabla_U L=\sum_{t=1}^T\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)x_t^\top$$",
    "dots that stop early": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$\frac{\partial h_T}{\partial h_1}="
    r"\frac{\partial h_T}{\partial h_{T-1}}\frac{\partial h_{T-1}}{\partial h_{T-2}}"
    r"\cdots\frac{\partial h_3}{\partial h_2}$$",
    "components as numbers": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$"
    r"$$\frac{\partial h_{t,i}}{\partial x_{t,j}}=(1-h_{t,i}^2)U_{ji}$$",
    "weights with numbers, order": r"$$h_t=\tanh(W_1 h_{t-1}+W_2 x_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{W_1}L=\sum_t(\nabla_{h_t}L)h_{t-1}^\top\mathrm{diag}(1-h_t^2)$$",
    "component index": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=-\sum_k y_k\log h_{T,k}$$ $$\nabla_W L=0$$",
    "component index of a square": r"$$h_t=\tanh(W h_{t-1})$$ $$L=\sum_t\sum_i(h_{t,i}-y_{t,i})^2$$ $$\nabla_W L=0$$",
    "superscript of a component": r"$$h_t=\tanh(W h_{t-1})$$ $$L=\sum_i(h_T^{(i)}-y^{(i)})^2$$ $$\nabla_W L=0$$",
    "two steps": rf"{M} $${LAST}\quad\text{{for }} t=T,T-1$$",
    "except": rf"{M} $${LAST}\quad\text{{except for }} t=T$$",
    "up to": rf"{M} $${LAST}\quad\text{{for every }}t\text{{ up to }}t=T$$",
    "Korean negation": rf"{M} $${LAST}\quad t=T\text{{가 아닐 때}}$$",
    "a later section": r"""
# A
$$h_t=W h_{t-1}+U x_t$$
$$L=\|h_T-y\|^2$$
# Gradients
$$\nabla_W L=\sum_{t=1}^T\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$
# B
$$h_t=\tanh(W h_{t-1}+U x_t)$$
""",
    "a closed form": r"$$h_t=W h_{t-1}$$ $$h_t=W^{t-1}h_0$$",
    "a single step": rf"{M} $$L_T=\lVert\hat y_T-y_T\rVert^2$$",
    "a first step": rf"{M} $$h_1=\tanh(U x_1+b)$$",
    "a power of the weights": r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$"
    r"$$\left\|\frac{\partial h_T}{\partial h_1}\right\|\le\|W^{T-1}\|$$",
    "a bound of one dimension": r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$ $$\|h_t\|_2\le 1.5$$",
    "a wrong recursion before what it defines": rf"{M} $${RECURSION.replace('^2', '')}$$ $${DELTA}$$",
    "a gradient by a wrong recursion": rf"{M} $${RECURSION.replace('^2', '')}$$ $${BY_DELTA}$$",
    "a loss whose formula is not read": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=\sum_{t=1}^T h_t \unknown y_t$$"
    r"$$\nabla_W L=\mathrm{diag}(1-h_T^2)(\nabla_{h_T}L)h_{T-1}^\top$$",
    "one logistic output, wrong sign": r"$$h_t=\sigma(W h_{t-1}+U x_t)$$ $$\hat y=\sigma(v^\top h_T)$$"
    r"$$J=-y\log\hat y-(1-y)\log(1-\hat y)$$ $$\frac{\partial J}{\partial v}=(y-\hat y)h_T$$",
    "a sum that begins a step late": r"$$h_t=\sigma(z_t)$$ $$z_t=W h_{t-1}+U x_t+b$$ $$J=\|h_T-y\|^2$$"
    r"$$\delta_t:=\nabla_{z_t}J$$ $$\nabla_b J=\sum_{t=1}^T\delta_{t+1}$$",
    "a wrong conclusion": r"$$h_t=W h_{t-1}+U x_t$$ $$L=\|h_T\|^2$$"
    r"$$\nabla_{h_T}L=2h_T \implies \nabla_U L=2h_T x_T^\top$$",
    "the logistic function after another": rf"""
$$h_t=\tanh(W h_{{t-1}}+U x_t)$$
$$h_t=\sigma(W h_{{t-1}}+U x_t)$$
$$L=\|h_T-y\|^2$$
{SQUARED}""",
    "another loss later": rf"""{M} $$L=L_T$$
$$\nabla_{{h_t}}L=V^\top(\hat y_t-y_t)+W^\top\mathrm{{diag}}(1-h_{{t+1}}^2)\nabla_{{h_{{t+1}}}}L$$""",
    "two steps back, one path": r"$$h_t=\tanh(W h_{t-1}+R h_{t-2}+U x_t)$$"
    r"$$\frac{\mathrm d h_t}{\mathrm d h_{t-2}}=\mathrm{diag}(1-h_t^2)R$$",
    "an inner product that is differentiated, wrong sign": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$\hat y_t=g(V h_t)$$"
    r"$$Z_t=-y_t^\top\log\hat y_t$$"
    r"$$\frac{\partial Z_t}{\partial\hat y_t}=\frac{\partial(y_t\log\hat y_t)}{\partial\hat y_t}$$",
    "a recursion of the wrong step and its last value": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\delta_t=W^\top\mathrm{diag}(1-h_t^2)\delta_{t+1},\quad \delta_T=2(h_T-y)$$"
    r"$$\nabla_WL=\sum_t\mathrm{diag}(1-h_t^2)\delta_th_{t-1}^\top$$",
    "two products in a run, no square": rf"{SHORT} $$\nabla_{{h_{{T-1}}}}L=W^\top\cdot(1-h_T)\cdot(h_T-y)$$",
    "two products in a run, parentheses forgotten": rf"{SHORT} $$\nabla_{{h_{{T-1}}}}L=W^\top(h_T-y)\odot(1-h_T^2)$$",
    "two products in a run, not transposed": rf"{SHORT} $$\nabla_{{h_{{T-1}}}}L=W\cdot(1-h_T^2)\cdot(h_T-y)$$",
    "two products in a run, one step early": SHORT + r"$$\nabla_{h_{t}}L=W^\top\cdot(1-h_t^2)\cdot\nabla_{h_{t+1}}L$$",
    "products from the right, one step early": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o=V h_T$$ $$L=\frac12\|o-y\|^2$$"
    r"$$\nabla_{h_{T-1}}L=W^\top\cdot(1-h_{T-1}^2)\cdot V^\top\cdot(o-y)$$",
    "a radius that bounds nothing": rf"{LINEAR} $${LONG}\le\rho(W)^{{T-1}}$$",
    "a radius by its own name": rf"{LINEAR} $$\rho=\rho(W)$$ $${LONG}\le\rho^{{T-1}}$$",
    "a radius that its eigenvalues define": rf"{LINEAR} $$\rho(W)=\max_i|\lambda_i(W)|$$ $${LONG}\le\rho(W)^{{T-1}}$$",
    "a radius as large as the norm": rf"{LINEAR} $$\|W\|\le\rho(W)$$",
    "a radius below one": rf"{LINEAR} $$\rho(W)<1$$ $${LONG}\le1$$",
    "an eigenvalue that bounds nothing": rf"{LINEAR} $${LONG}\le\lambda_{{\max}}(W)^{{T-1}}$$",
    "a bound by a number that nothing defines": rf"{LINEAR} $${LONG}\le\eta^{{T-1}}$$",
    "a bound by a constant that nothing defines": rf"{LINEAR} $${LONG}\le C$$",
    "a norm below one, a smaller bound": rf"{LINEAR} $$\|W\|<1$$ $${LONG}\le\frac12$$",
    "half of the largest eigenvalue": rf"{LINEAR} $$\|W\|^2\le\frac12\lambda_{{\max}}(W^\top W)$$",
    "norms the other way round": rf"{LINEAR} $$\|W\|_F\le\|W\|_2$$",
    "summed without a sign, a step early": CELL
    + r"$$\frac{\partial h_{t,i}}{\partial h_{t-2,j}}=(1-h_{t,i}^2)W_{ik}(1-h_{t,k}^2)W_{kj}$$",
    "summed without a sign, turned over": CELL
    + r"$$\frac{\partial h_{t,i}}{\partial h_{t-2,j}}=(1-h_{t,i}^2)W_{ki}(1-h_{t-1,k}^2)W_{kj}$$",
    "summed without a sign, another letter": CELL
    + r"$$\frac{\partial h_{t,i}}{\partial h_{t-2,j}}=(1-h_{t,i}^2)W_{ik}(1-h_{t-1,j}^2)W_{kj}$$",
    "a gradient summed without a sign, not transposed": SHORT
    + r"$$\frac{\partial L}{\partial h_{t,j}}=\frac{\partial L}{\partial h_{t+1,i}}(1-h_{t+1,i}^2)W_{ji}$$",
    "a vector and an entry, upside down": CLASSES + r"$$\nabla_{\hat y}L=-\hat y_j/y_j$$",
    "a vector and an entry, no target": EVERY + r"$$\frac{\partial L}{\partial o_t}=\hat y_{t,i}$$",
    "a Jacobian and an entry, turned over": CELL + r"$$\frac{\partial h_t}{\partial h_{t-1}}=(1-h_{t,i}^2)W_{ji}$$",
    "a matrix and an entry, one letter": EVERY
    + r"$$\frac{\partial L}{\partial V}=\sum_t(\hat y_{t,i}-y_{t,i})h_{t,i}$$",
    "two entries that have nothing to do with each other": CLASSES
    + r"$$\frac{\partial L}{\partial\hat y_i}=-\frac{y_j}{\hat y_j}$$",
    "both directions, one transposed": BOTH_WAYS
    + TOP
    + rf"$$\nabla_{{z_t^{{(l-1)}}}}L=W^{{(l)\top}}{THERE}\nabla_{{\overrightarrow h_t^{{(l)}}}}L"
    + rf"+W^{{(l)\top}}{BACK}\nabla_{{\overleftarrow h_t^{{(l)}}}}L$$",
    "both directions, the inputs of the same layer": BOTH_WAYS
    + TOP
    + rf"$$\nabla_{{R^{{(l)}}}}L=\sum_t{BACK}\nabla_{{\overleftarrow h_t^{{(l)}}}}L\,z_t^{{(l)\top}}$$",
    "both directions, the wrong neighbour": BOTH_WAYS
    + r"$$o_t=Vz_t^{(2)}$$ $$L=\sum_tL_t$$"
    + rf"$$\nabla_{{B^{{(l)}}}}L=\sum_t{BACK}\nabla_{{\overleftarrow h_t^{{(l)}}}}L"
    + r"\,\overleftarrow h_{t-1}^{(l)\top}$$",
    "both directions, slopes exchanged": BOTH_WAYS
    + TOP
    + rf"$$\frac{{\partial z_t^{{(l)}}}}{{\partial z_t^{{(l-1)}}}}=[{BACK}W^{{(l)}};{THERE}R^{{(l)}}]$$",
    "a loss that the target gives, another sign": STEPS + r"$$\frac{\partial L_t}{\partial o_t}=y_t-\hat y_t$$",
    "a loss that the target gives, the wrong step": STEPS + r"$$\nabla_VL=\sum_t(\hat y_t-y_{t-1})h_t^\top$$",
    "a loss that the target gives, the future forgotten": STEPS + r"$$\nabla_{h_t}L=V^\top(\hat y_t-y_t)$$",
    "a loss that the target gives, and then another one": PLAIN
    + r"$$\frac{\partial L_t}{\partial\hat y_t}=\hat y_t-y_t$$ $$\nabla_VL=\sum_t2(\hat y_t-y_t)h_t^\top$$",
    "a loss with neither it nor its steps defined": CELL + r"$$o_t=Vh_t$$ $$\nabla_{o_t}L=2\nabla_{o_t}L_t$$",
    "outputs that are fed back, as if they were not": FED_BACK + r"$$\nabla_{h_t}L=V^\top\nabla_{o_t}L_t$$",
    "one of two outputs, the wrong step": ASIDE
    + r"$$\frac{\partial L}{\partial h_T}=\frac{\partial L_T}{\partial\hat y_T}"
    r"\frac{\partial\hat y_T}{\partial h_{T-1}}$$",
    "all steps but one": SUMMED + r"$$L=\sum_{t\ne k}L_t$$",
    "one step and all others, the wrong one": SUMMED + r"$$L=L_{k-1}+\sum_{t\ne k}L_t$$",
    "one entry and all others, the wrong ones": SOFTENED + r"$$z_k+\sum_{t\ne k}z_k=\sum_{j=1}^Kz_j$$",
    "a sum of entries that is taken for one of others": SOFTENED + r"$$z_k\sum_jy_j=\sum_jy_jz_j$$",
    "a claim that no letter defines, and then another formula": SUMMED
    + r"$$L=L_k+\sum_{t\ne k}L_t$$ $$\frac{\partial L}{\partial h_k}=\sum_{t>k}\frac{\partial L_t}{\partial h_k}$$",
    "the wrong order": r"$$s_t = f(U x_t + W s_{t-1})$$ $$o_t = g(V s_t)$$"
    r"$$\frac{\partial s_t}{\partial s_k}=\prod_{j=k+1}^t \frac{\partial s_j}{\partial s_{j-1}}$$",
}

TRUE = {
    "a set of steps under a product": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_i}{\partial h_j}=\prod_{j<t\le i}\frac{\partial h_t}{\partial h_{t-1}}$$",
    "a diagonal of a product of vectors": r"$$c_t=f_t\odot c_{t-1}+i_t\odot g_t$$"
    r"$$\frac{\partial c_T}{\partial c_k}=\mathrm{diag}\left(\prod_{t=k+1}^Tf_t\right)$$",
    "a label of letters of entries beside the bare letter": r"$$h_t=\tanh(Wh_{t-1}+W_{in}x_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$",
    "an inner product of matrices": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\langle W,W\rangle=\|W\|_F^2$$",
    "a gradient of length one": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\|h_T-y\|^2$$ $$g=\nabla_UL$$"
    r"$$\left\|\frac g{\|g\|}\right\|_F=1$$",
    "the largest value of a slope": r"$$h_t=\sigma(Wh_{t-1}+Ux_t)$$ $$\max_z\sigma'(z)=\frac14$$",
    "a later section that is not understood, judged by an earlier one": r"$$h_t=\tanh(Wh_{t-1}+Ux_t+b)$$"
    r"$$\hat y=c^\top h_T$$ $$L=(\hat y-y)^2$$"
    "\n\n# Two\n\n"
    r"$$h_t=\tanh(W_ex_t+U_eh_{t-1})$$ $$c=h_T$$"
    r"$$s_j=\tanh(W_dy_{j-1}+U_ds_{j-1}+Cc)$$ $$p_j=\mathrm{softmax}(Vs_j)$$ $$L=-\sum_{j=1}^Ny_j^\top\log p_j$$"
    r"$$\nabla_{h_T}L=\nabla_cL$$",
    "a mask that is a number": r"$$h_t=m_t\tanh(Wh_{t-1}+Ux_t)+(1-m_t)h_{t-1}$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=m_t\mathrm{diag}(1-\tanh^2(Wh_{t-1}+Ux_t))W+(1-m_t)I$$",
    "a weight of a step": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\sum_{t=1}^T\alpha_t\|h_t-y_t\|^2$$"
    r"$$\nabla_{h_T}L=2\alpha_T(h_T-y_T)$$",
    "one quantity in a section, one for each step in the next": r"$$s_t=ws_{t-1}+x_t$$ $$y=s_T$$"
    "\n\n# Two\n\n"
    r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\sum_{t=1}^T\|h_t-y_t\|^2$$ $$\nabla_{h_T}L=2(h_T-y_T)$$",
    "a weight that is diagonalised": r"$$h_t=Wh_{t-1}$$ $$W=Q\Lambda Q^{-1}$$ $$h_t=Q\Lambda^tQ^{-1}h_0$$",
    "what is assumed of a parameter": r"$$h_t=Wh_{t-1}+Ux_t$$ $$W^\top W=I$$",
    "what rests on an assumption": r"$$h_t=Wh_{t-1}+Ux_t$$ $$W^\top W=I$$ $$\|Wh_t\|=\|h_t\|$$",
    "a bound that rests on an assumption": r"$$h_t=Wh_{t-1}+Ux_t$$ $$W^\top W=I$$"
    r"$$\left\|\frac{\partial h_T}{\partial h_0}\right\|\le1$$",
    "a bound of a power": r"$$h_t=Wh_{t-1}+Ux_t$$ $$\|W^T\|\le\|W\|^T$$",
    "a convolution from the first step on": r"$$h_t=Ah_{t-1}+Bx_t$$ $$y_t=Ch_t+Dx_t$$"
    r"$$h_t=A^th_0+\sum_{k=1}^tA^{t-k}Bx_k$$",
    "a direction in which nothing changes": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=1-\frac{h_T^\top y}{\|h_T\|\|y\|}$$"
    r"$$h_T^\top\nabla_{h_T}L=0$$",
    "a number to the power of the steps": "STATES ARE NUMBERS"
    r"$$h_t=\tanh(wh_{t-1}+ux_t)$$ $$\frac{dh_T}{dh_0}=w^T\prod_{t=1}^T(1-h_t^2)$$",
    "steps from zero": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=\sum_{t=0}^{T-1}\|h_t-y_t\|^2$$"
    r"$$\nabla_WL=\sum_{t=0}^{T-1}\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$",
    "the second step back": r"$$h_t=\tanh(W h_{t-1}+R h_{t-2}+U x_t)$$"
    r"$$\frac{\mathrm d h_t}{\mathrm d h_{t-2}}=\mathrm{diag}(1-h_t^2)(R+W\mathrm{diag}(1-h_{t-1}^2)W)$$",
    "weights to the power T": r"$$h_t=W h_{t-1}+U x_t$$ $$h_T=W^Th_0+\sum_{t=1}^{T}W^{T-t}Ux_t$$",
    "a recursion of logistic units": r"$$z_t=W h_{t-1}+U x_t$$ $$h_t=\sigma(z_t)$$ $$J=\|h_T-y\|^2$$"
    r"$$\delta_t:=\nabla_{z_t}J$$ $$\delta_t=(W^\top\delta_{t+1})\odot h_t\odot(1-h_t)$$",
    "a network of control": r"$$x_{t+1}=\tanh(A x_t+B u_t)$$ $$J=\sum_{t=1}^T\|x_t\|^2$$ $$\lambda_t:=\nabla_{x_t}J$$"
    r"$$\nabla_AJ=\sum_{t=0}^{T-1}\mathrm{diag}(1-x_{t+1}^2)\lambda_{t+1}x_t^\top$$",
    "a name for a part of a formula": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o_t=V h_t$$ $$L=\sum_{t=1}^T\ell_t(o_t)$$"
    r"$$z_t=W h_{t-1}+U x_t$$"
    r"$$\frac{\partial L}{\partial h_t}=\frac{\partial\ell_t}{\partial o_t}V"
    r"+\frac{\partial L}{\partial h_{t+1}}\mathrm{diag}(\tanh'(z_{t+1}))W$$",
    "a penalty on the weights": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=\|h_T-y\|^2+\lambda\|W\|_F^2$$"
    r"$$\nabla_WL=\sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top+2\lambda W$$",
    "weights with numbers": r"$$h_t=\tanh(W_1 h_{t-1}+W_2 x_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{W_1}L=\sum_t\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$",
    "weights of each step": r"$$h_t=\tanh(W_t h_{t-1}+U x_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{W_t}L=\mathrm{diag}(1-h_t^2)(\nabla_{h_t}L)h_{t-1}^\top$$",
    "weights in bold with numbers": r"$$\mathbf h_t=\tanh(\mathbf W^{(1)}\mathbf h_{t-1}+\mathbf W^{(2)}\mathbf x_t)$$"
    r"$$L=\|\mathbf h_T-\mathbf y\|^2$$"
    r"$$\nabla_{\mathbf h_t}L=\mathbf W^{(1)\top}\mathrm{diag}(1-\mathbf h_{t+1}^2)\nabla_{\mathbf h_{t+1}}L$$",
    "a condition in parentheses": rf"{M} $${STEP}\quad(k<t)$$",
    "a condition in brackets": rf"{M} $${STEP}\quad[k<t]$$",
    "a range with dots": rf"{M} $${STEP}\quad(k=1,\dots,t-1)$$",
    "a set of indices": rf"{M} $${STEP}, \quad k\in\{{1,\dots,t-1\}}$$",
    "the last step in parentheses": rf"{M} $${LAST}\quad(t=T)$$",
    "elementwise before a product": r"$$h_t=\tanh(a_t)$$ $$a_t=W h_{t-1}+U x_t$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{a_t}L=(1-h_t^2)\odot W^\top\nabla_{a_{t+1}}L$$",
    "a norm to the power T": r"$$h_t=W h_{t-1}$$ $$\left\|\frac{\partial h_T}{\partial h_0}\right\|\le\|W\|^{T}$$",
    "a number as output": r"$$h_t=\tanh(W h_{t-1})$$ $$y=v^\top h_T$$ $$L=\frac12(y-d)^2$$ $$\nabla_v L=(y-d)h_T$$",
    "a recursion before what it defines": rf"{M} $${RECURSION}$$ $${DELTA}$$",
    "a gradient by a recursion that says no end": rf"{M} $${RECURSION}$$ $${BY_DELTA}$$",
    "a gradient of a loss whose formula is not read": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o_t=V h_t$$"
    r"$$L=\sum_{t=1}^T o_t \unknown y_t$$ $$\nabla_{o_t}L=o_t-y_t$$",
    "one logistic output": r"$$h_t=\sigma(W h_{t-1}+U x_t)$$ $$\hat y=\sigma(v^\top h_T)$$"
    r"$$J=-y\log\hat y-(1-y)\log(1-\hat y)$$ $$\frac{\partial J}{\partial v}=(\hat y-y)h_T$$",
    "cross entropy without a transpose": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$\hat y=\mathrm{softmax}(z)$$ $$z=V h_T$$"
    r"$$L=-y\log\hat y$$ $$\frac{\partial L}{\partial V}=(\hat y-y)h_T^\top$$",
    "a recursion of a last loss without its range": r"$$h_t=\sigma(z_t)$$ $$z_t=W h_{t-1}+U x_t$$ $$J=\|h_T-y\|^2$$"
    r"$$\delta_t:=\nabla_{z_t}J$$ $$\delta_t=(W^\top\delta_{t+1})\odot h_t\odot(1-h_t)$$",
    "a conclusion under a condition on indices": r"$$h_t=W h_{t-1}+U x_t$$"
    r"$$k=t \Rightarrow \frac{\partial h_t}{\partial h_k}=I$$",
    "a conclusion from what is false": r"$$h_t=W h_{t-1}+U x_t$$ $$L=\|h_T\|^2$$"
    r"$$\nabla_{h_T}L=h_T \implies \nabla_U L=0$$",
    "two steps back": r"$$h_t=\tanh(W h_{t-1}+R h_{t-2}+U x_t)$$"
    r"$$\frac{\mathrm d h_t}{\mathrm d h_{t-2}}=\mathrm{diag}(1-h_t^2)(R+W\mathrm{diag}(1-h_{t-1}^2)W)$$",
    "an inner product that is differentiated": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$\hat y_t=g(V h_t)$$"
    r"$$Z_t=-y_t^\top\log\hat y_t$$"
    r"$$\frac{\partial Z_t}{\partial\hat y_t}=\frac{\partial(-y_t\log\hat y_t)}{\partial\hat y_t}$$",
    "a loss of every step that is not defined": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$E=\sum_t E_t$$"
    r"$$\frac{\partial E}{\partial W}=\sum_t\frac{\partial E_t}{\partial W}$$",
    "a recursion and its last value": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\delta_t=W^\top\mathrm{diag}(1-h_{t+1}^2)\delta_{t+1},\quad \delta_T=2(h_T-y)$$"
    r"$$\nabla_WL=\sum_t\mathrm{diag}(1-h_t^2)\delta_th_{t-1}^\top$$",
    "a section before": r"""
# A
$$h_t=W h_{t-1}+U x_t$$
$$L=\|h_T-y\|^2$$
# Gradients
$$\nabla_W L=\sum_{t=1}^T(\nabla_{h_t}L)h_{t-1}^\top$$
# B
$$h_t=\tanh(W h_{t-1}+U x_t)$$
""",
    "a strict bound that rounding reaches": r"$$h_t=\tanh(W h_{t-1}+U x_t+b)$$ $$\|h_t\|_\infty<1$$",
    "the logistic function": r"$$h_t=\sigma(W h_{t-1}+U x_t)$$ $$\sigma'(z)=\sigma(z)(1-\sigma(z))$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(h_t\odot(1-h_t))W$$",
    "a sum without parentheses": rf"{M} $$\nabla_c L=\sum_{{t=1}}^T\hat y_t-y_t$$",
    "the logistic function after another": r"""
$$h_t=\tanh(W h_{t-1}+U x_t)$$
$$h_t=\sigma(W h_{t-1}+U x_t)$$
$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(h_t\odot(1-h_t))W$$
""",
    "what a loss depends on": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o_t=V h_t$$ $$q_t=R h_t$$"
    r"$$L=\sum_{t=1}^TL_t(o_t,y_t)$$"
    r"$$\frac{\partial L}{\partial h_t}=\frac{\partial L_t}{\partial o_t}V"
    r"+\frac{\partial L}{\partial h_{t+1}}\mathrm{diag}(1-h_{t+1}^2)W$$",
    "the largest slope": r"$$\sigma'(x)\le\frac14$$",
    "a step and a layer": r"$$h_t^{(l)}=\tanh(W^{(l)}h_{t-1}^{(l)}+U^{(l)}h_t^{(l-1)})$$ $$h_t^{(0)}=x_t$$"
    r"$$\frac{\partial h_t^{(l)}}{\partial h_{t-1}^{(l-1)}}=\mathrm{diag}(1-(h_t^{(l)})^2)"
    r"(U^{(l)}\mathrm{diag}(1-(h_t^{(l-1)})^2)W^{(l-1)}+W^{(l)}\mathrm{diag}(1-(h_{t-1}^{(l)})^2)U^{(l)})$$",
    "a change in running text": rf"""
$$h_t=\tanh(W h_{{t-1}}+U x_t)$$

Let $h_t=\sigma(W h_{{t-1}}+U x_t)$ instead. Then
{LOGISTIC}""",
    "two products in a run": rf"{SHORT} $$\nabla_{{h_{{T-1}}}}L=W^\top\cdot(1-h_T^2)\cdot(h_T-y)$$",
    "two products in a run, both signs": rf"{SHORT} $$\nabla_{{h_{{T-1}}}}L=W^\top\cdot(1-h_T^2)\odot(h_T-y)$$",
    "two products in a run with an outer one": SHORT
    + r"$$\nabla_WL=\sum_t(1-h_t^2)\cdot\nabla_{h_t}L\cdot h_{t-1}^\top$$",
    "products from the right": r"$$h_t=\tanh(W h_{t-1}+U x_t)$$ $$o=V h_T$$ $$L=\frac12\|o-y\|^2$$"
    r"$$\nabla_{h_{T-1}}L=W^\top\cdot(1-h_T^2)\cdot V^\top\cdot(o-y)$$",
    "a radius is no more than the norm": rf"{LINEAR} $$\rho(W)\le\|W\|_2$$",
    "the largest eigenvalue of a square": rf"{LINEAR} $$\|W\|^2\le\lambda_{{\max}}(W^\top W)$$",
    "a norm below one": rf"{LINEAR} $$\sigma_{{\max}}(W)<1$$ $${LONG}\le1$$",
    "a norm below a number below one": rf"{LINEAR} $$\|W\|\le\beta$$ $$\beta<1$$ $${LONG}\le\beta^{{T-1}}$$",
    "a number of which only its size is known": rf"{LINEAR} $$\eta<1$$ $${LONG}\le\eta^{{T-1}}$$",
    "summed without a sign": CELL
    + r"$$\frac{\partial h_{t,i}}{\partial h_{t-2,j}}=(1-h_{t,i}^2)W_{ik}(1-h_{t-1,k}^2)W_{kj}$$",
    "a gradient summed without a sign": SHORT
    + r"$$\frac{\partial L}{\partial h_{t,j}}=\frac{\partial L}{\partial h_{t+1,i}}(1-h_{t+1,i}^2)W_{ij}$$",
    "a loss summed without a sign": CLASSES + r"$$L=-y_j\log\hat y_j$$",
    "a vector and an entry": CLASSES + r"$$\nabla_{\hat y}L=-y_j/\hat y_j$$",
    "a vector and an entry as a fraction": CLASSES + r"$$\frac{\partial L}{\partial\hat y}=-\frac{y_i}{\hat y_i}$$",
    "an entry and a vector": CLASSES + r"$$\frac{\partial L}{\partial\hat y_i}=-\frac{y}{\hat y}$$",
    "a vector and an entry without its step": EVERY + r"$$\frac{\partial L}{\partial\hat y_t}=-\frac{y_i}{\hat y_i}$$",
    "a Jacobian and an entry": CELL + r"$$\frac{\partial h_t}{\partial h_{t-1}}=(1-h_{t,i}^2)W_{ij}$$",
    "a matrix and an entry": EVERY + r"$$\frac{\partial L}{\partial V}=\sum_t(\hat y_{t,i}-y_{t,i})h_{t,j}$$",
    "a vector and an entry that is summed without a sign": EVERY
    + r"$$\frac{\partial L}{\partial h_T}=(\hat y_{T,i}-y_{T,i})V_{ij}$$",
    "both directions": BOTH_WAYS
    + TOP
    + rf"$$\nabla_{{z_t^{{(l-1)}}}}L=W^{{(l)\top}}{THERE}\nabla_{{\overrightarrow h_t^{{(l)}}}}L"
    + rf"+R^{{(l)\top}}{BACK}\nabla_{{\overleftarrow h_t^{{(l)}}}}L$$",
    "both directions and a loss that is not defined": BOTH_WAYS
    + r"$$o_t=Vz_t^{(2)}$$ $$L=\sum_tL_t$$"
    + rf"$$\nabla_{{B^{{(l)}}}}L=\sum_t{BACK}\nabla_{{\overleftarrow h_t^{{(l)}}}}L"
    + r"\,\overleftarrow h_{t+1}^{(l)\top}$$",
    "both directions, matrices one below the other": BOTH_WAYS
    + TOP
    + rf"$$\frac{{\partial z_t^{{(l)}}}}{{\partial z_t^{{(l-1)}}}}=[{THERE}W^{{(l)}};{BACK}R^{{(l)}}]$$",
    "a loss that the target gives": STEPS + r"$$\frac{\partial L_t}{\partial o_t}=\hat y_t-y_t$$",
    "a gradient of a loss that the target gives": STEPS + r"$$\nabla_VL=\sum_t(\hat y_t-y_t)h_t^\top$$",
    "a squared error that the target gives": PLAIN + r"$$\frac{\partial L_t}{\partial\hat y_t}=2(\hat y_t-y_t)$$",
    "a loss and the losses of its steps, not defined": CELL + r"$$o_t=Vh_t$$ $$\nabla_{o_t}L=\nabla_{o_t}L_t$$",
    "outputs that are fed back": FED_BACK + r"$$\nabla_{h_T}L=V^\top\nabla_{o_T}L_T$$",
    "one of two outputs": ASIDE + r"$$\frac{\partial L}{\partial h_T}=\frac{\partial L_T}{\partial\hat y_T}"
    r"\frac{\partial\hat y_T}{\partial h_T}$$",
    "one step and all others": SUMMED + r"$$L=L_k+\sum_{t\ne k}L_t$$",
    "one entry and all others": SOFTENED + r"$$z_k+\sum_t\mathbf 1_{[t\ne k]}z_t=\sum_{j=1}^Kz_j$$",
    "a sum of entries that is one": SOFTENED + r"$$y_k\sum_jy_j=\sum_{j=1}^Ky_jy_k$$",
    "a difference of states as rows": r"$$h_t=\tanh(x_t U^\top+h_{t-1}W^\top)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$",
}


PROVED = {
    "a formula of what is differentiated by": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$z_t=Vh_t$$"
    r"$$y_t=\tanh(z_t)$$ $$\frac{\partial\tanh(Vh_t)}{\partial z_t}=\mathrm{diag}(1-y_t^2)$$",
    "an inner product in angle brackets": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$y=\langle w,h_T\rangle$$"
    r"$$L=\frac12(y-d)^2$$ $$\nabla_wL=(y-d)h_T$$",
    "a squared length between single bars": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\frac12|h_T-y|^2$$"
    r"$$\nabla_{h_T}L=h_T-y$$",
    "two matrix products multiplied by their entries": r"$$h_t=\tanh(Ux_t\odot Wh_{t-1})$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}((1-h_t^2)\odot Ux_t)W$$",
    "a saturated unit in floats": r"$$a_t=Wa_{t-1}+U\sigma(x_t)$$ $$y_t=\sigma(a_t)$$"
    r"$$L=-\sum_t[d_t^\top\log y_t+(1-d_t)^\top\log(1-y_t)]$$ $$\nabla_{a_T}L=y_T-d_T$$",
    "a function of a quantity with the letter of a step": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$s=h_T^\top Ay$$"
    r"$$L=\log(1+e^{-s})$$ $$\frac{\partial L}{\partial s}=-\sigma(-s)$$",
    "a bound of numbers to the power of the steps": "STATES ARE NUMBERS"
    r"$$h_t=\sigma(wh_{t-1}+ux_t)$$ $$\left|\frac{dh_T}{dh_0}\right|\le\left(\frac{|w|}4\right)^T$$",
    "a transpose of a number": "STATES ARE NUMBERS"
    r"$$h_t=\sigma(wh_{t-1}+ux_t)$$ $$L=\frac12(h_T-y)^2$$"
    r"$$\frac{\partial L}{\partial h_t}=w^T\frac{\partial L}{\partial h_{t+1}}h_{t+1}(1-h_{t+1})$$",
    "a penalty whose norm has no mark": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\frac12\|h_T-y\|^2$$"
    r"$$J=L+\frac\lambda2\|W\|^2$$ $$\nabla_WJ=\nabla_WL+\lambda W$$",
    "a norm of entries without a mark": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\|W\|^2=\sum_i\sum_jW_{ij}^2$$",
    "the slope of a rectifier": r"$$h_t=\max(0,Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(\mathbf 1[h_t>0])W$$",
    "the slope of a rectifier, as a subscript": r"$$h_t=\mathrm{ReLU}(Wh_{t-1}+Ux_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{h_t}L=W^\top(\mathbb I_{\{h_{t+1}>0\}}\odot\nabla_{h_{t+1}}L)$$",
    "three steps back": r"$$h_t=\tanh(Wh_{t-1}+Sh_{t-3}+Ux_t)$$ $$L=\|h_T-y\|^2$$"
    r"$$\nabla_{h_t}L=W^\top\mathrm{diag}(1-h_{t+1}^2)\nabla_{h_{t+1}}L"
    r"+S^\top\mathrm{diag}(1-h_{t+3}^2)\nabla_{h_{t+3}}L$$",
    "a function without its argument": r"$$h_t=\sigma(Wh_{t-1}+Ux_t)$$ $$\sigma'=\sigma(1-\sigma)$$",
    "a function without its argument, by d": rf"$$h_t=\sigma(Wh_{{t-1}}+Ux_t)$$"
    rf"$$\frac{{d\sigma}}{{dz}}=\sigma(z)(1-\sigma(z))$$ {LOGISTIC}",
    "a function without its argument, of another": r"$$h_t=\phi(Wh_{t-1}+Ux_t)$$ $$\phi=\tanh$$ $$\phi'=1-\phi^2$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)W$$",
    "a variance beside the logistic function": rf"$$h_t=\sigma(Wh_{{t-1}}+Ux_t)$$"
    rf"$$\ell=\frac{{1}}{{2\sigma^2}}\|h_T-y\|^2$$ {LOGISTIC}",
    "a derivative by d alone": r"$$h_t=\sigma(Wh_{t-1}+Ux_t)$$ $$\frac{d}{da}\log(1+e^a)=\sigma(a)$$",
    "a Greek letter that is added": r"$$q_t=\tanh(\Omega q_{t-1}+\Gamma u_t+\beta)$$ $$p_t=\Theta q_t$$"
    r"$$E=\sum_t\|p_t-d_t\|^2$$ $$\nabla_\beta E=\sum_t(1-q_t^2)\odot\nabla_{q_t}E$$",
    "a gate that is one number": r"$$h_t=f_th_{t-1}+i_t\tanh(Ux_t)$$ $$f_t=\sigma(a^\top x_t)$$ $$i_t=1-f_t$$"
    r"$$L=\|h_T-y\|^2$$ $$\nabla_UL=\sum_ti_t\bigl((1-\tanh^2(Ux_t))\odot\nabla_{h_t}L\bigr)x_t^\top$$",
    "the entries of a derivative by a matrix": r"$$a_t=\tanh(Wa_{t-1}+Ux_t)$$"
    r"$$\frac{\partial^+a_t}{\partial U}=(1-a_t^2)x_t^\top$$",
    "the return of the first step": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$r_t=c^\top h_t$$"
    r"$$J=\sum_{t=1}^T\gamma^{t-1}r_t$$ $$G_t=r_t+\gamma G_{t+1}$$ $$G_1=J$$",
    "a weight that is a product of matrices": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$W=AB^\top$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(1-h_t^2)AB^\top$$",
    "a sum of matrices that is applied": r"$$h_t=h_{t-1}+\epsilon\tanh((W-W^\top-\gamma I)h_{t-1}+Vx_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}="
    r"I+\epsilon\,\mathrm{diag}(1-\tanh^2((W-W^\top-\gamma I)h_{t-1}+Vx_t))(W-W^\top-\gamma I)$$",
    "a weight that is a multiple of the identity": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$W=\gamma I$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\gamma\,\mathrm{diag}(1-h_t^2)$$",
    "a power of a number for the steps between": r"$$s_t=\lambda s_{t-1}+x_t$$"
    r"$$\frac{\partial s_t}{\partial s_k}=\lambda^{t-k}I$$",
    "a network that is fed with what it says": r"$$h_t=\tanh(Wh_{t-1}+R\hat y_{t-1})$$ $$\hat y_t=Vh_t$$"
    r"$$\frac{\mathrm dh_t}{\mathrm dh_{t-1}}=\mathrm{diag}(1-h_t^2)(W+RV)$$",
    "a bound of all steps between": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$\gamma=\|W\|$$"
    r"$$\left\|\frac{\partial h_t}{\partial h_k}\right\|\le\gamma^{t-k}$$",
    "a bound of every entry": r"$$s_t=\sigma(As_{t-1}+Bu_t)$$ $$0<s_{t,i}<1$$",
    "a share of the identity": r"$$h_t=(1-\alpha)h_{t-1}+\alpha\tanh(Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=(1-\alpha)I+\alpha\mathrm{diag}(1-\tanh^2(Wh_{t-1}+Ux_t))W$$",
    "a sum of differences": r"$$h_t=h_{t-1}+V\phi(Uh_{t-1}+Rx_t)$$"
    r"$$h_T-h_k=V\sum_{t=k+1}^T\phi(Uh_{t-1}+Rx_t)$$",
    "a recursion of influences by entries": r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\mathrm dh_{t,i}}{\mathrm dW_{jk}}=(1-h_{t,i}^2)\Bigl(\delta_{ij}h_{t-1,k}"
    r"+\sum_lW_{il}\frac{\mathrm dh_{t-1,l}}{\mathrm dW_{jk}}\Bigr)$$",
    "gates in bold": r"$$\mathbf i_t=\sigma(\mathbf W_i\mathbf x_t+\mathbf R_i\mathbf y_{t-1})$$"
    r"$$\mathbf c_t=\mathbf c_{t-1}+\mathbf i_t$$ $$\mathbf y_t=\rho(\mathbf c_t)$$"
    r"$$\frac{\partial^+\mathbf i_t}{\partial\mathbf y_{t-1}}="
    r"\mathrm{diag}(\mathbf i_t\odot(1-\mathbf i_t))\mathbf R_i$$",
    "a function of any letter": r"$$h_t=\psi(Wh_{t-1}+Ux_t)$$"
    r"$$\frac{\partial h_t}{\partial h_{t-1}}=\mathrm{diag}(\psi'(Wh_{t-1}+Ux_t))W$$",
}
"""True, and read so far that a proof is due, if only under a layout."""


@cache
def last(text: str) -> tuple[str, str]:
    """The status and message of the last claim of a document."""
    text = text.replace("STATES ARE NUMBERS", "---\nstate: scalar\n---\n\n")
    document = read_document(source_from_text(re.sub(r"\$\$\s*\$\$", "$$\n\n$$", text)))
    verdicts = judge(document, mend=False)
    claims = [verdict for verdict in verdicts if verdict.entry.kind == "claim"] or verdicts
    return claims[-1].status, claims[-1].message


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_is_not_called_true(name: str) -> None:
    """A false equation is neither proved nor verified, and not swallowed as a definition."""
    status, message = last(FALSE[name])
    assert status in ("refuted", "unchecked") or (status == "conditional" and name in READ_OTHERWISE), message


@pytest.mark.parametrize("name", TRUE)
def test_what_is_true_is_not_refuted(name: str) -> None:
    """A true equation, read as its author means it, is never refuted."""
    status, message = last(TRUE[name])
    assert status != "refuted", message


@pytest.mark.parametrize("name", PROVED)
def test_what_is_true_is_proved(name: str) -> None:
    """Common notation is not left unchecked."""
    status, message = last(PROVED[name])
    assert status in ("proved", "verified", "conditional"), message


def test_what_is_defined_anew_is_told() -> None:
    """Another formula for the same name is true as a claim, or told to be another one."""
    model = r"$$h_t=\tanh(Wh_{t-1}+Ux_t)$$ $$L=\|h_T-y\|^2$$"
    document = read_document(source_from_text(re.sub(r"\$\$ \$\$", "$$\n\n$$", rf"{model} $$L=\|h_T\|^2$$")))
    verdict = judge(document, mend=False)[-1]
    assert verdict.status == "definition"
    assert "as a claim about the former it is false" in verdict.message
    text = re.sub(r"\$\$ \$\$", "$$\n\n$$", rf"{model} $$L=(h_T-y)^\top(h_T-y)$$")
    assert judge(read_document(source_from_text(text)), mend=False)[-1].status == "proved"


CONDITIONAL = {
    "a loss that the target gives": "`L_t` is the cross entropy of `y_t` and `ŷ_t`, the entries of `y_t` summing to 1",
    "a squared error that the target gives": "`L_t` is ‖ŷ_t - y_t‖²",
    "a loss and the losses of its steps, not defined": "`L` is the sum of the `L_t`",
    "one of two outputs": "`L_t` depends on `ŷ_t` alone",
    "two products in a run": "Wᵀ · (1 - h_T²) · (h_T - y) is multiplied with the entrywise product first",
    "summed without a sign": "summed over k, as repeated indices are",
    "a vector and an entry": "∇_ŷ L stands for ∇_{ŷ_j} L",
}


@pytest.mark.parametrize("name", CONDITIONAL)
def test_what_is_true_under_a_reading_names_it(name: str) -> None:
    """A meaning that is not the one as written is a condition."""
    document = read_document(source_from_text(re.sub(r"\$\$\s*\$\$", "$$\n\n$$", TRUE[name])))
    assert judge(document, mend=False)[-1].conditions[:1] == (CONDITIONAL[name],)


def test_the_logistic_function_is_told_where_nothing_says_so() -> None:
    """A letter that nothing defines is read as a function, and that is said with every verdict on it."""
    cell, said = r"$$h_t=\sigma(W h_{t-1}+U x_t)$$", "σ is read as the logistic function"
    for claim in (LOGISTIC, SQUARED, r"$$\left\|\frac{\partial h_t}{\partial h_{t-1}}\right\|\le\|W\|$$"):
        for before, told in (("", True), ("The sigmoid:", False), (r"$$\sigma(z)=\frac{1}{1+e^{-z}}$$", False)):
            document = read_document(source_from_text("\n\n".join((before, cell, r"$$L=\|h_T\|^2$$", claim))))
            assert (said in judge(document, mend=False)[-1].told) == told


@pytest.mark.parametrize(
    "name", ["one step and all others", "one entry and all others", "a sum of entries that is one"]
)
def test_an_indicator_limits_a_range(name: str) -> None:
    """That it is zero outside of it makes no equation empty."""
    assert last(TRUE[name])[0] == "proved"


def test_another_formula_is_never_taken_in_without_a_word() -> None:
    """A claim about all indices begins no section in which the next formula would define anew."""
    text = SUMMED + r"$$L=\sum_{t\ne k}L_t$$ $$L=\sum_{t\ne T}3L_t$$"
    verdict = judge(read_document(source_from_text(re.sub(r"\$\$\s*\$\$", "$$\n\n$$", text))), mend=False)[-1]
    assert verdict.status == "definition"
    assert "is false" in verdict.message


@pytest.mark.parametrize("activation", [r"\mathrm{diag}(1 - h_t^2)", r"\mathrm{diag}(1 - h_t)"])
def test_a_known_function_on_the_left_is_no_quantity_at_a_step(activation: str) -> None:
    """From right to left, what stands behind a known function is what it is applied to, and no step of it."""
    own = r"\frac{\partial^{+} h_t}{\partial b}"
    text = f"$$\nh_t = \\tanh(W h_{{t-1}} + U x_t + b)\n$$\n\n$$\n{activation} = {own}\n$$\n"
    verdict = judge(read_document(source_from_text(text)), mend=False)[-1]
    assert verdict.status == ("proved" if "^2" in activation else "refuted")
