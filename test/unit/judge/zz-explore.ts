import gammaln from '@stdlib/math-base-special-gammaln';
import betaln from '@stdlib/math-base-special-betaln';
import gammainc from '@stdlib/math-base-special-gammainc';
import betainc from '@stdlib/math-base-special-betainc';
import logcdf from '@stdlib/stats-base-dists-normal-logcdf';
import quantile from '@stdlib/stats-base-dists-normal-quantile';
import { lnGamma, lnBeta, lnGammaP, lnGammaQ } from '../../../judge/numerics/gamma.js';
import { lnBetaCdf, lnBetaTail } from '../../../judge/numerics/beta.js';
import { lnNormalCdf, normalQuantile } from '../../../judge/numerics/normal.js';
let s = 7; const rnd = () => (s = (s * 1103515245 + 12345) % 2147483648) / 2147483648;
const top: Record<string, [number, string][]> = {};
const add = (k: string, f: number, e: number, w: string, abs=false) => { const err = abs? Math.abs(f-e): Math.abs(f / e - 1); (top[k] ??= []).push([f===e?0:err, w+' '+f+' '+e]); };
for (let i = 0; i < 60000; i++) {
  const x = 10 ** (rnd() * 15 - 3); add('lnGamma', lnGamma(x), gammaln(x), `${x}`); const y=rnd()*4; add('lnGamma04', lnGamma(y), gammaln(y), `${y}`);
  const a = 10 ** (rnd() * 9 - 3), b = 10 ** (rnd() * 9 - 3); add('lnBeta', lnBeta(a, b), betaln(a, b), `${a} ${b}`);
  const z = rnd() * 60 - 45; add(z>-5?'lnNormal body':'lnNormal tail', lnNormalCdf(z), logcdf(z, 0, 1), `${z}`);
  const p = rnd() < .5 ? rnd() : 10 ** (-rnd() * 300); add(p>1e-5?'quantile body':'quantile tail', normalQuantile(p), quantile(p, 0, 1), `${p}`);
}
for (let i = 0; i < 20000; i++) {
  const A = 10 ** (rnd() * 10 - 3); const d = (rnd()+rnd()+rnd()-1.5)*10; const x = rnd()<.3? A*10**(rnd()*4-2): Math.max(1e-9*A,A + d*Math.sqrt(A));
  const P = gammainc(x, A, true, false), Q = gammainc(x, A, true, true);
  const dec = 'a<1e'+Math.ceil(Math.log10(A));
  if (P > 1e-300 && P<.9) add('P '+(P > 1e-10 ? 'body' : 'tail') + dec, lnGammaP(A, x), Math.log(P), `${A} ${x}`,true);
  if (Q > 1e-300 && Q<.9) add('Q '+(Q > 1e-10 ? 'body' : 'tail') + dec, lnGammaQ(A, x), Math.log(Q), `${A} ${x}`,true);
  const B = 10 ** (rnd() * 10 - 3); const p = A/(A+B); const u = rnd()<.3? rnd() : p + d*Math.sqrt(p*(1-p)/(A+B+1));
  if (!(u>0&&u<1)) continue;
  const I = betainc(u, A, B, true, false), J = betainc(u, A, B, true, true); const db = 'max<1e'+Math.ceil(Math.log10(Math.max(A,B)));
  if (I > 1e-300 && I<.9) add('I '+(I > 1e-10 ? 'body' : 'tail') + db, lnBetaCdf(u, A, B), Math.log(I), `${u} ${A} ${B}`,true);
  if (J > 1e-300 && J<.9) add('J '+(J > 1e-10 ? 'body' : 'tail') + db, lnBetaTail(u, A, B), Math.log(J), `${u} ${A} ${B}`,true);
}
for (const k of Object.keys(top).sort()) { const t = top[k]!.sort((u, v) => (Number.isNaN(v[0])?1e99:v[0]) - (Number.isNaN(u[0])?1e99:u[0])); console.log(k.padEnd(16), t.length, t[0]![0].toExponential(2), t[0]![1], '| 1%:', t[Math.floor(t.length/100)]![0].toExponential(2)); }
