// Runs in each page before its own scripts. What is measured begins with the input event's own time stamp, which the browser gave it when
// it came, and ends in the task after the frame in which the page shows what was asked for.
(() => {
    const probe = { events: 0, longest: 0, long: 0, firstFigure: null, script: 0, result: null };
    window.probe = probe;

    new PerformanceObserver(list => {
        for (const { duration } of list.getEntries()) {
            probe.long += 1;
            probe.longest = Math.max(probe.longest, duration);
        }
    }).observe({ type: 'longtask', buffered: true });

    const listen = EventSource.prototype.addEventListener;
    EventSource.prototype.addEventListener = function (name, take, ...rest) {
        const counted = event => {
            probe.events += 1;
            take(event);
        };
        return listen.call(this, name, name === 'open' || name === 'error' ? take : counted, ...rest);
    };

    // A frame is painted when the task after its animation callbacks runs.
    const painted = then => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
            channel.port1.close();
            then(performance.now());
        };
        channel.port2.postMessage(null);
    };

    const whenShown = (isShown, then) => {
        const look = () => (isShown() ? painted(then) : requestAnimationFrame(look));
        requestAnimationFrame(look);
    };

    /** Completes when the page shows it. */
    probe.until = isShown => new Promise(done => whenShown(isShown, done));

    /** Completes when the list has not moved for some frames: a key scrolls it smoothly. */
    probe.rest = () => {
        let [last, frames] = [-1, 0];
        return probe.until(() => {
            const now = probe.box()?.scrollTop;
            frames = now === last ? frames + 1 : 0;
            last = now;
            return frames === 8;
        });
    };

    const inputs = ['keydown', 'wheel', 'click', 'input', 'popstate'];

    /** Milliseconds from the next input to the frame in which the page shows it: the promise stands in probe.result. */
    probe.arm = isShown => {
        probe.result = new Promise(resolve => {
            const begin = event => {
                inputs.forEach(name => removeEventListener(name, begin, true));
                const from = event.timeStamp;
                whenShown(isShown, at => resolve(at - from));
            };
            inputs.forEach(name => addEventListener(name, begin, true));
        });
    };

    probe.box = () => document.querySelector('[role=region][aria-label=Jobs]');
    probe.rows = () => [...(probe.box()?.querySelectorAll('tr[aria-rowindex]') ?? [])];

    /** The number of the row that is painted at this part of the list's height; 0 where there is none yet. */
    probe.rowAt = part => {
        const box = probe.box()?.getBoundingClientRect();
        if (box === undefined) {
            return 0;
        }
        const row = document.elementFromPoint(box.left + 40, box.top + 60 + (box.height - 70) * part)?.closest('tr');
        return Number(row?.getAttribute('aria-rowindex') ?? 0);
    };
    probe.isFull = () => [0, 0.25, 0.5, 0.75, 1].every(part => probe.rowAt(part) > 0);

    /** Whether rows are shown and each of them is like this. */
    probe.each = isLike => {
        const rows = probe.rows();
        return rows.length > 0 && rows.every(isLike);
    };

    const figure = () => [...document.querySelectorAll('dl dd')].some(({ textContent }) => /\d/.test(textContent));
    whenShown(figure, at => {
        probe.firstFigure = at;
        const scripts = performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('.js'));
        probe.script = scripts.reduce((sum, { encodedBodySize }) => sum + encodedBodySize, 0);
    });
})();
