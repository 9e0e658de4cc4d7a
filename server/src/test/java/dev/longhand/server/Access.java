package dev.longhand.server;

/** What must hold of a view for those who see or hear it otherwise, as a script that lists what is wrong. */
final class Access {
    static final String CHECK = """
            () => {
              const wrong = [];
              const shown = (e) => e.checkVisibility({ visibilityProperty: true, opacityProperty: true });
              const told = (e) => e.outerHTML.slice(0, 120);
              const name = (e) => (e.getAttribute('aria-label') || e.innerText || e.title || e.placeholder
                || [...(e.labels || [])].map((l) => l.textContent).join('')).trim();
              const named = 'button, a[href], input, select, textarea, progress, meter, [role=img], [role=region]';
              for (const e of document.querySelectorAll(named)) {
                if (shown(e) && !name(e) && !(e.labels && e.labels.length)) wrong.push('no name: ' + told(e));
              }
              for (const e of document.querySelectorAll('input, select, textarea')) {
                if (shown(e) && !e.getAttribute('aria-label') && !(e.labels && e.labels.length)) wrong.push('no label: ' + told(e));
              }
              const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
              ids.filter((id, i) => ids.indexOf(id) !== i).forEach((id) => wrong.push('id twice: ' + id));
              for (const e of document.querySelectorAll('[aria-controls], [aria-labelledby], [aria-describedby]')) {
                for (const each of ['aria-controls', 'aria-labelledby', 'aria-describedby']) {
                  const id = e.getAttribute(each);
                  if (id && !document.getElementById(id)) wrong.push('no such id: ' + id);
                }
              }
              if (document.querySelectorAll('main').length !== 1) wrong.push('not one main');
              if (!document.documentElement.lang) wrong.push('no language');
              const width = document.documentElement.scrollWidth;
              if (width > innerWidth) wrong.push('wider than the screen: ' + width);
              const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
              const rgba = (colour) => {
                canvas.clearRect(0, 0, 1, 1);
                canvas.fillStyle = colour;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
              };
              const over = (top, under) => top.slice(0, 3).map((c, i) => c * top[3] / 255 + under[i] * (1 - top[3] / 255));
              const behind = (e) => {
                const own = rgba(getComputedStyle(e).backgroundColor);
                return own[3] === 255 || !e.parentElement ? own.slice(0, 3) : over(own, behind(e.parentElement));
              };
              const light = (rgb) => rgb.map((c) => c / 255).map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
                .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
              const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
              for (let node = walker.nextNode(); node; node = walker.nextNode()) {
                const e = node.parentElement;
                if (!node.data.trim() || !shown(e) || e.closest(':disabled, .hidden, [aria-hidden=true], option')) continue;
                const under = behind(e);
                const [a, b] = [light(over(rgba(getComputedStyle(e).color), under)), light(under)].sort((x, y) => y - x);
                const ratio = (a + 0.05) / (b + 0.05);
                if (ratio < 4.5) wrong.push('contrast ' + ratio.toFixed(2) + ': ' + told(e));
              }
              return wrong;
            }
            """;

    private Access() {}
}
