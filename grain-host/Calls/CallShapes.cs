// The classes that the emitted calls derive from, one for each way in which a grain method can return.
namespace Marketplace.GrainHost.Calls;

internal abstract class TaskCall<TResult> : GrainCall<TResult>
{
    public Task<TResult> Send() => SendForTask();

    protected sealed override Task? Start(object grain, out TResult? result)
    {
        result = default;
        return Invoke(grain) ?? throw NullTask();
    }

    protected abstract Task<TResult> Invoke(object grain);

    private InvalidOperationException NullTask() => new($"{Name} of {Target.GrainId} returned null instead of a task.");
}

internal abstract class PlainTaskCall : GrainCall<Nothing>
{
    public Task Send()
    {
        if (!Method.IsOneWay)
        {
            return SendForTask();
        }
        SendOneWay();
        return Task.CompletedTask;
    }

    protected sealed override Task? Start(object grain, out Nothing result)
    {
        result = default;
        return Invoke(grain) ?? throw NullTask();
    }

    protected abstract Task Invoke(object grain);

    private InvalidOperationException NullTask() => new($"{Name} of {Target.GrainId} returned null instead of a task.");
}

internal abstract class ValueTaskCall<TResult> : GrainCall<TResult>
{
    public ValueTask<TResult> Send() => SendForValueTask();

    protected sealed override Task? Start(object grain, out TResult? result)
    {
        var task = Invoke(grain);
        if (task.IsCompletedSuccessfully)
        {
            result = task.Result;
            return null;
        }

        result = default;
        return task.AsTask();
    }

    protected abstract ValueTask<TResult> Invoke(object grain);
}

internal abstract class PlainValueTaskCall : GrainCall<Nothing>
{
    public ValueTask Send()
    {
        if (!Method.IsOneWay)
        {
            return SendForPlainValueTask();
        }
        SendOneWay();
        return ValueTask.CompletedTask;
    }

    protected sealed override Task? Start(object grain, out Nothing result)
    {
        result = default;
        var task = Invoke(grain);
        if (!task.IsCompletedSuccessfully)
        {
            return task.AsTask();
        }

        // A value task must be taken from exactly once, also when it has no result.
        task.GetAwaiter().GetResult();
        return null;
    }

    protected abstract ValueTask Invoke(object grain);
}

internal abstract class VoidCall : GrainCall<Nothing>
{
    public void Send() => SendOneWay();

    protected sealed override Task? Start(object grain, out Nothing result)
    {
        result = default;
        Invoke(grain);
        return null;
    }

    protected abstract void Invoke(object grain);
}
