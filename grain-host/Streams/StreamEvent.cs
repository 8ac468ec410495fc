using Orleans.Streams;

namespace Marketplace.GrainHost.Streams;

/// <summary>Something published: items, or the end, or an error.</summary>
internal sealed record StreamEvent<T>(IList<SequentialItem<T>> Items, bool IsCompleted, Exception? Error)
{
    public Task DeliverTo(StreamObserver<T> observer)
    {
        if (IsCompleted)
        {
            return observer.OnCompleted();
        }
        return Error is null ? observer.OnNext(Items) : observer.OnError(Error);
    }
}

/// <summary>One observer, whichever of the two interfaces it has.</summary>
internal sealed class StreamObserver<T>(IAsyncObserver<T>? single, IAsyncBatchObserver<T>? batch)
{
    public async Task OnNext(IList<SequentialItem<T>> items)
    {
        if (batch is not null)
        {
            await batch.OnNextAsync(items);
            return;
        }

        foreach (var item in items)
        {
            await single!.OnNextAsync(item.Item, item.Token);
        }
    }

    public Task OnCompleted() => single?.OnCompletedAsync() ?? batch!.OnCompletedAsync();

    public Task OnError(Exception error) => single?.OnErrorAsync(error) ?? batch!.OnErrorAsync(error);
}
