import { infiniteQueryOptions } from '@tanstack/react-query';
import { api, ApiError, ok, type Schemas } from '../../api/client';

export type Admission = Schemas['Admission'];
export type State = Schemas['AdmissionState'];

const pageSize = 100;
export const reasonBytesMax = 500;

/** Workers that wait, or that are decided; null: the key is not an operator's. */
export const admissions = (state: State) =>
    infiniteQueryOptions({
        queryKey: ['admissions', state],
        queryFn: async ({ pageParam, signal }) => {
            try {
                return await ok(
                    api.GET('/v1/admissions', {
                        signal,
                        params: {
                            query: { state, limit: pageSize, ...(pageParam === null ? {} : { cursor: pageParam }) },
                        },
                    }),
                );
            } catch (error) {
                if (error instanceof ApiError && error.code === 'forbidden') {
                    return null;
                }
                throw error;
            }
        },
        initialPageParam: null as string | null,
        getNextPageParam: (last) => last?.next ?? null,
        refetchInterval: ({ state: { data } }) => (data?.pages[0] === null ? false : 2000),
    });
