import { useEffect, useRef } from 'react';
import type uPlot from 'uplot';
import styles from './Chart.module.css';

export interface Series {
    name: string;
    values: (number | null)[];
}

interface Props {
    /** What a reader who does not see it is told. */
    label: string;
    /** Seconds since 1970, rising; or plain numbers with `time` false. */
    x: number[];
    series: Series[];
    time?: boolean;
    height?: number;
    format?: (value: number) => string;
    /** Of numbers on the lower axis, with `time` false. */
    formatX?: (value: number) => string;
    /** Points without lines. */
    points?: boolean;
}

const colour = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** A `light-dark()` colour as the canvas needs it. */
function resolved(element: HTMLElement, name: string): string {
    const probe = document.createElement('span');
    probe.style.color = colour(name);
    element.append(probe);
    const value = getComputedStyle(probe).color;
    probe.remove();
    return value;
}

/** Lines over time. Its code is loaded when the first chart is shown. */
export function Chart({ label, x, series, time = true, height = 200, format, formatX, points = false }: Props) {
    const box = useRef<HTMLDivElement>(null);
    const plot = useRef<uPlot | null>(null);
    const names = series.map(({ name }) => name).join('\n');
    const data = useRef<uPlot.AlignedData>([[]]);

    useEffect(() => {
        data.current = [x, ...series.map(({ values }) => values)];
        plot.current?.setData(data.current);
    });

    useEffect(() => {
        const element = box.current;
        if (element === null) {
            return;
        }
        let isOver = false;
        let resize: ResizeObserver | undefined;
        const draw = async () => {
            const [{ default: UPlot }] = await Promise.all([import('uplot'), import('uplot/dist/uPlot.min.css')]);
            if (isOver) {
                return;
            }
            plot.current?.destroy();
            const axis = {
                stroke: resolved(element, '--text-quiet'),
                grid: { stroke: resolved(element, '--line'), width: 1 },
                ticks: { show: false },
            };
            const show = (_: uPlot, values: number[]) => values.map((value) => format?.(value) ?? `${value}`);
            plot.current = new UPlot(
                {
                    width: element.clientWidth,
                    height,
                    scales: {
                        x: { time },
                        y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.1 : 1] },
                    },
                    axes: [
                        {
                            ...axis,
                            ...(formatX === undefined
                                ? {}
                                : { values: (_: uPlot, values: number[]) => values.map(formatX) }),
                        },
                        { ...axis, size: 64, values: show },
                    ],
                    legend: { live: false, show: names.includes('\n') },
                    cursor: { points: { size: 6 }, drag: { x: false, y: false } },
                    series: [
                        {},
                        ...names.split('\n').map((name, index) => ({
                            label: name,
                            stroke: resolved(element, `--series-${(index % 4) + 1}`),
                            width: 2,
                            points: { show: points, size: 6 },
                            ...(points ? { paths: () => null } : {}),
                        })),
                    ],
                },
                data.current,
                element,
            );
            resize ??= new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
            resize.observe(element);
        };
        void draw();
        const scheme = matchMedia('(prefers-color-scheme: dark)');
        const redraw = () => void draw();
        scheme.addEventListener('change', redraw);
        const theme = new MutationObserver(redraw);
        theme.observe(document.documentElement, { attributeFilter: ['data-theme'] });
        return () => {
            isOver = true;
            scheme.removeEventListener('change', redraw);
            theme.disconnect();
            resize?.disconnect();
            plot.current?.destroy();
            plot.current = null;
        };
    }, [names, time, height, points, format, formatX]);

    return <div ref={box} className={styles.chart} role="img" aria-label={label} style={{ minHeight: height }} />;
}
