import { api, ApiError, ok, type Schemas } from '../../api/client';

/** So many jobs are drawn at most: each costs a request for the size of its input. */
export const jobsMax = 200;

const together = 6;

export interface Point {
    size: number;
    fuel: number;
}

/** Fuel and size of the input of the newest completed jobs, by growing size. A job whose input is there no more is left out. */
export async function pointsOf(program: string, signal: AbortSignal): Promise<{ points: Point[]; gone: number }> {
    const { items } = await ok(
        api.GET('/v1/jobs', { signal, params: { query: { program, state: 'completed', limit: jobsMax } } }),
    );
    const points: Point[] = [];
    let gone = 0;
    const waiting = [...items];
    const work = async () => {
        for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
            const size = await sizeOf(job, signal);
            if (size === null) {
                gone += 1;
            } else {
                points.push({ size, fuel: job.fuelUsed });
            }
        }
    };
    await Promise.all(Array.from({ length: together }, work));
    return { points: points.sort((left, right) => left.size - right.size), gone };
}

async function sizeOf(job: Schemas['JobListItem'], signal: AbortSignal): Promise<number | null> {
    const { response } = await api.HEAD('/v1/jobs/{job}/input', { signal, params: { path: { job: job.id } } });
    if (response.status === 404) {
        return null;
    }
    if (!response.ok) {
        throw new ApiError(
            `The silo answered with status ${response.status} when asked for the size of an input.`,
            null,
            response.status,
        );
    }
    return Number(response.headers.get('Content-Length') ?? 0);
}
