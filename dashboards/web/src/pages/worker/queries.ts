import { queryOptions } from '@tanstack/react-query';
import { api, ApiError, ok } from '../../api/client';

const path = (worker: string) => ({ params: { path: { worker } } });

/** Null: the market has no offer of the worker now. */
export const offer = (worker: string) =>
    queryOptions({
        queryKey: ['worker', worker, 'offer'],
        queryFn: async () => {
            try {
                return await ok(api.GET('/v1/workers/{worker}', path(worker)));
            } catch (error) {
                if (error instanceof ApiError && error.code === 'worker_not_found') {
                    return null;
                }
                throw error;
            }
        },
        refetchInterval: 5000,
    });

export const reputation = (worker: string) =>
    queryOptions({
        queryKey: ['worker', worker, 'reputation'],
        queryFn: () => ok(api.GET('/v1/workers/{worker}/reputation', path(worker))),
        refetchInterval: 5000,
    });

export const explanation = (worker: string) =>
    queryOptions({
        queryKey: ['worker', worker, 'explain'],
        queryFn: () => ok(api.GET('/v1/workers/{worker}/explain', path(worker))),
        refetchInterval: 5000,
    });

export const leases = (worker: string) =>
    queryOptions({
        queryKey: ['worker', worker, 'leases'],
        queryFn: () => ok(api.GET('/v1/workers/{worker}/leases', path(worker))),
        refetchInterval: 2000,
    });
