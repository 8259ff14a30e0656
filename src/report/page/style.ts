/** The style of every page. Colours are named by their meaning; text and background have a contrast of at least 4.5. */
import { Markup } from './markup.ts';

const LIGHT = `
--ground:#fff;--panel:#f6f7f9;--line:#d3d9e0;--text:#1b2027;--quiet:#545d68;--link:#0a53a8;
--create:#0b5f36;--create-ground:#dcf5e5;--remove:#961b1b;--remove-ground:#ffe8e6;
--change:#704700;--change-ground:#fdf0c8;--adopt:#0a4f93;--adopt-ground:#e0effd;`;

const DARK = `
--ground:#0e1217;--panel:#171c23;--line:#333c47;--text:#e7ebf0;--quiet:#a2adb9;--link:#8cc2ff;
--create:#86e0ab;--create-ground:#10301f;--remove:#ffb3ab;--remove-ground:#43191a;
--change:#f2cd78;--change-ground:#352a0c;--adopt:#a3d0ff;--adopt-ground:#122c4b;`;

const STYLES = `
:root{color-scheme:light dark;${LIGHT}}
@media(prefers-color-scheme:dark){:root{${DARK}}}
@media print{:root{color-scheme:light;${LIGHT}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:1rem/1.5 system-ui,sans-serif;overflow-wrap:anywhere}
header,main,footer{max-width:64rem;margin:0 auto;padding:0 1rem}
header{padding-top:1.5rem}
h1{font-size:1.35rem;line-height:1.35;margin:0 0 .5rem;text-wrap:pretty}
h2{font-size:1.1rem;margin:2.25rem 0 .75rem}
p+h3,ul+h3,details+h3{margin-top:.75rem}
h3{font-size:1rem;margin:0;display:flex;gap:.6rem;align-items:baseline}
p,ul,ol,dl,dd{margin:0;padding:0}
ul,ol{list-style:none}
a{color:var(--link)}
code,pre,.mark{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
code{font-size:.9em}
pre code{font-size:inherit}
.whole{white-space:nowrap}
bdi,code,.names li{unicode-bidi:isolate}
small,.quiet{color:var(--quiet);font-size:.875rem}
.about{color:var(--quiet);display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
.about b{color:var(--text)}
footer{color:var(--quiet);font-size:.8rem;margin-top:3rem;padding-bottom:2rem}
nav{margin-top:1.25rem;display:flex;flex-wrap:wrap;gap:.25rem 1.25rem}
:target{scroll-margin-top:1rem;outline:2px solid var(--link);outline-offset:3px}
summary{cursor:pointer;color:var(--link);padding:.35rem 0}
.sandbox,.notice{border:1px solid;border-left-width:6px;border-radius:6px;padding:.6rem .9rem;margin-top:1rem}
.sandbox{border-style:dashed;border-left-style:solid;color:var(--adopt);background:var(--adopt-ground)}
.notice+.notice{margin-top:.5rem}
.notice p{color:var(--text)}
.mark,.tag{display:inline-block;border-radius:4px;font-weight:600}
.mark{flex:none;width:2.6rem;text-align:center;font-size:.85rem;line-height:1.5rem;align-self:flex-start}
.rule{width:4.4rem;text-decoration:none}
.rule:hover{text-decoration:underline}
.apart>li{padding:.6rem 0;border-top:1px solid var(--line)}
.tag{white-space:nowrap;border:1px solid;padding:0 .4rem;font-size:.8rem;line-height:1.35rem}
.create{color:var(--create);background:var(--create-ground)}
.remove{color:var(--remove);background:var(--remove-ground)}
.change{color:var(--change);background:var(--change-ground)}
.adopt{color:var(--adopt);background:var(--adopt-ground)}
.none{color:var(--quiet)}
.card>summary{color:var(--text);padding:0}
.card>summary h3{display:inline}
.card>summary .mark{margin-right:.35rem}
.card{border:1px solid var(--line);border-radius:8px;background:var(--panel);padding:.8rem .9rem;margin-top:.75rem}
.rows>li{display:flex;gap:.6rem;margin-top:.6rem}
.rows>li>div{min-width:0;flex:1}
.whose{padding-left:3.2rem}
pre{margin:.35rem 0 0;padding:.6rem .75rem;background:var(--ground);border:1px solid var(--line);border-radius:6px;font-size:.8rem;line-height:1.45;white-space:pre-wrap}
ins,del{text-decoration:none}
ins{color:var(--create);background:var(--create-ground)}
del{color:var(--remove);background:var(--remove-ground)}
table{border-collapse:collapse;width:100%;table-layout:fixed}
th:nth-child(3){width:25%}
th p{font-weight:400}
#ducklings thead th{width:17%}
#ducklings thead th:first-child{width:auto}
#ducklings thead th:last-child{width:26%}
th,td{text-align:left;vertical-align:top;padding:.5rem .6rem;border-bottom:1px solid var(--line)}
thead th{color:var(--quiet);font-size:.8rem;font-weight:600}
tfoot th,tfoot td{border-bottom:0;border-top:2px solid var(--line)}
.number{font-variant-numeric:tabular-nums}
.names{display:flex;flex-wrap:wrap;gap:.3rem .4rem;padding:.35rem 0}
.names li{background:var(--panel);border:1px solid var(--line);border-radius:4px;padding:0 .4rem;font-size:.875rem}
.times>li,.axis{display:grid;grid-template-columns:minmax(0,26.5rem) minmax(0,1fr);gap:.15rem 1.25rem;padding:.5rem 0;border-bottom:1px solid var(--line)}
.axis{padding:0 0 .25rem}
svg{display:block;overflow:visible}
.track{width:calc(100% - 24px);margin:.25rem 12px 0}
.track+p{margin-top:.35rem}
.track text{fill:var(--quiet);font-size:12px;text-anchor:middle}
.grid{stroke:var(--line)}
.life,.goes-on{fill:none;stroke:var(--quiet);stroke-width:2}
.begin{fill:none;stroke:var(--create);stroke-width:2.5}
.rotates{fill:var(--change)}
.expires{fill:var(--adopt)}
.ends{fill:none;stroke:var(--remove);stroke-width:2.5}
.overlap{fill:var(--change-ground);stroke:var(--change);stroke-dasharray:3 2}
.track .last{text-anchor:end}
.many{fill:var(--adopt)}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;color:var(--quiet);font-size:.875rem;margin:.75rem 0 .5rem}
.legend li{display:flex;align-items:center;gap:.4rem}
.counters{display:flex;flex-wrap:wrap;gap:.5rem;margin:1.25rem 0}
.counters>div{display:flex;flex-direction:column-reverse;justify-content:flex-end;min-width:6rem;padding:.45rem .75rem;border:1px solid var(--line);border-radius:8px}
.counters dd{font-size:1.4rem;font-weight:600;line-height:1.3;font-variant-numeric:tabular-nums}
.counters dt{font-size:.8rem}
.counters .none dd{color:var(--text)}
.plain{margin-top:.25rem}
.notice .plain,.notice a{color:var(--text)}
.weeks>li{display:grid;grid-template-columns:13rem minmax(0,1fr);gap:.1rem 1.25rem;padding:.35rem 0;border-bottom:1px solid var(--line)}
.bar{width:100%}
.found{margin-top:.6rem}
.found+.found{border-top:1px solid var(--line);padding-top:.6rem}
.found li{margin-top:.2rem}
.found li>code{color:var(--quiet);font-size:.875rem}
.found>p,.found>details{margin-top:.35rem}
.run{display:flex;gap:.5rem;align-items:flex-end;justify-content:space-between}
.run button{flex:none;overflow-wrap:normal}
.command{user-select:all}
button{font:inherit;font-size:.8rem;color:var(--link);background:var(--ground);border:1px solid var(--line);border-radius:4px;padding:.1rem .5rem;cursor:pointer}
input{font:inherit;color:var(--text);background:var(--ground);border:1px solid var(--quiet);border-radius:4px;padding:.25rem .5rem}
:focus-visible{outline:2px solid var(--link);outline-offset:2px}
.filter{margin:.6rem 0}
.weeks{margin:.5rem 0}
.weeks+p{margin-top:.35rem}
.inventory td,.inventory tbody th{font-size:.875rem}
.inventory thead th:first-child{width:22%}
.inventory thead th:nth-child(4){width:19%}
.inventory th:nth-child(3){width:auto}
.used thead th:first-child{width:17%}
.used thead th:last-child{width:20%}
.inventory tbody th{font-weight:600}
.inventory th .quiet{font-weight:400}
.inventory thead button{border:0;padding:0;color:var(--link);background:none;text-align:left;font-weight:600}
th[aria-sort] button::after{content:" ↕"}
th[aria-sort=ascending] button::after{content:" ▲"}
th[aria-sort=descending] button::after{content:" ▼"}
[hidden]{display:none!important}
@media screen and (max-width:52rem){
.weeks>li{grid-template-columns:minmax(0,1fr)}
.times>li,.axis{grid-template-columns:minmax(0,1fr)}
.axis>:first-child{display:none}
thead{display:none}
table,tbody,tfoot,tr,th,td{display:block}
tr{border-bottom:1px solid var(--line);padding:.6rem 0}
tfoot tr{border-top:2px solid var(--line);border-bottom:0}
.counters{display:grid;grid-template-columns:repeat(auto-fill,minmax(6.6rem,1fr))}
.counters>div{min-width:0;padding:.3rem .55rem}
.counters>.wide{grid-column:span 2}
th,td,tfoot th,tfoot td{border:0;padding:.1rem 0}
td[data-is]{display:grid;grid-template-columns:6rem minmax(0,1fr)}
td[data-is]::before{content:attr(data-is);color:var(--quiet);font-size:.875rem;line-height:1.7}
.inventory.sorts thead{display:block}
.inventory.sorts thead tr{display:flex;flex-wrap:wrap;gap:.4rem 1rem;border:0}
.inventory tbody th{font-size:1rem}
.inventory.sorts thead th{width:auto}
.inventory tbody tr{content-visibility:auto;contain-intrinsic-height:auto 11rem}
.inventory td{display:grid;grid-template-columns:7rem minmax(0,1fr)}
.inventory td::before{color:var(--quiet)}
.inventory td:nth-child(2)::before{content:"Tokens"}
.inventory td:nth-child(3)::before{content:"Next change"}
.inventory td:nth-child(4)::before{content:"Ducklings"}
.inventory td:nth-child(5)::before{content:"Last verified"}
}
@media print{
.filter,.run button{display:none}
.inventory thead button{color:var(--quiet)}
th[aria-sort] button::after{content:none}
.inventory tbody tr{content-visibility:visible}
html{font-size:9pt}
.card,.notice,.times>li,tr{break-inside:avoid}
details::details-content{content-visibility:visible;display:block;height:auto}
nav,.card details>summary{display:none}
}`;

export const STYLE = new Markup(STYLES.replaceAll(/\n/g, ''));
