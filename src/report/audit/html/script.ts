/** The script that sorts and filters the table of accounts, and copies commands. Plain JavaScript for every browser; it contains no data. */

/** The program of the page, allowed by its hash. */
export const SCRIPT = `(() => {
const table = document.querySelector('.inventory');
if (table) {
const body = table.tBodies[0], rows = [...body.rows];
const order = new Intl.Collator('en', { numeric: true });
const heads = [...table.tHead.rows[0].cells];
heads.forEach((head, column) => {
const button = document.createElement('button');
button.type = 'button';
button.append(...head.childNodes);
head.append(button);
head.setAttribute('aria-sort', 'none');
button.addEventListener('click', () => {
const down = head.getAttribute('aria-sort') === 'ascending';
heads.forEach((each) => each.setAttribute('aria-sort', each !== head ? 'none' : down ? 'descending' : 'ascending'));
const keys = new Map(rows.map((row) => [row, row.cells[column].dataset.sort ?? row.cells[column].textContent]));
rows.sort((a, b) => order.compare(keys.get(a), keys.get(b)) * (down ? -1 : 1));
body.append(...rows);
});
});
table.classList.add('sorts');
const filter = document.querySelector('.filter'), status = filter.querySelector('span');
let texts;
const input = filter.querySelector('input');
input.addEventListener('input', () => {
texts ??= new Map(rows.map((row) => [row, row.textContent.toLowerCase()]));
const words = input.value.toLowerCase().split(/\\s+/);
let shown = 0;
for (const row of rows) {
row.hidden = !words.every((word) => texts.get(row).includes(word));
if (!row.hidden) shown++;
}
status.textContent = input.value === '' ? '' : shown + ' of ' + rows.length + ' accounts';
});
filter.hidden = false;
}
if (navigator.clipboard) {
for (const code of document.querySelectorAll('.command')) {
const button = document.createElement('button');
button.type = 'button';
button.textContent = 'Copy';
button.setAttribute('aria-label', 'Copy ' + code.textContent);
button.addEventListener('click', async () => {
await navigator.clipboard.writeText(code.textContent);
button.textContent = 'Copied';
button.removeAttribute('aria-label');
});
code.after(button);
}
}
})();`;
