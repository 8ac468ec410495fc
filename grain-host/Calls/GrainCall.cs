using Marketplace.GrainHost.Activations;
using Orleans.Runtime;

namespace Marketplace.GrainHost.Calls;

/// <summary>
/// One call: the node in the callee's mailbox, the work that its turn runs, and the promise that the caller waits for.
/// </summary>
/// <remarks>
/// A call has owners: the callee until the method has ended, a caller that holds a <see cref="ValueTask"/> until it has taken the
/// result, and the code that fails the call from outside (the sweep for timeouts, the kill of an activation) until it has done so. The
/// last owner to let go puts the call back into the pool of its method. The result belongs to the first one that
/// <see cref="TryWin"/>s: the method, the timeout, a cancellation or a refusal.
/// </remarks>
internal abstract class GrainCall
{
    /// <summary>A thread takes ids by the million, so that calls on several threads do not meet at one counter.</summary>
    private const long IdsPerBlock = 1_000_000;
    private static long _idBlocks;

    [ThreadStatic]
    private static long _lastId;

    private int _owners;
    private int _won;

    /// <summary>Links in the list that the call is in: a mailbox, the running calls of an activation, or a pool.</summary>
    public GrainCall? Next,
        Previous;

    public MethodShape Method = null!;
    public GrainReference Target = null!;

    /// <summary>The activation that called, and the call that it was running then; for the report of deadlocks and for filters.</summary>
    public Activation? Sender;
    public long ParentId;
    public long Id;

    /// <summary>Where it waits or runs; null before it arrives there and after it has ended.</summary>
    public Activation? Receiver;
    public bool IsRunning;

    /// <summary>When the caller stops waiting; zero until the first sweep has seen the call, so that no call reads a clock.</summary>
    public long Deadline;

    /// <summary>When its method began, where its <see cref="MethodShape.Meter"/> asks; else zero.</summary>
    public long BeganAt;

    public CallContext? Context;

    /// <summary>No caller waits: the outcome is dropped, and no timeout applies.</summary>
    public bool IsOneWay;

    public bool HasEnded => Volatile.Read(ref _won) != 0;

    /// <summary>A timer's tick is not refused by a full mailbox, and ends with its activation.</summary>
    public virtual bool IsTick => false;

    /// <summary>The callbacks of a cancellation token may hold on to the call, so such a call is used once.</summary>
    public virtual bool IsPooled => !Method.TakesCancellation;

    /// <summary>Whether it keeps the activation from being collected as idle.</summary>
    public virtual bool CountsAsUse => true;

    public virtual bool AlwaysInterleaves => Method.AlwaysInterleaves;

    public virtual bool IsReadOnly => Method.IsReadOnly;

    public virtual string Name => Method.Name;

    /// <summary>How long the caller waits.</summary>
    public virtual TimeSpan Timeout => Method.Timeout;

    /// <summary>The token that the method gets; the emitted classes of methods that take one override it.</summary>
    public virtual CancellationToken Cancellation
    {
        get => default;
        set => throw new InvalidOperationException($"{Name} takes no cancellation token: this is a bug in the proxy.");
    }

    /// <summary>Runs the method up to its first await; in a turn of <see cref="Receiver"/>.</summary>
    public abstract void Run(object grain);

    /// <summary>What is told of the call when it has ended; a tick tells nothing.</summary>
    public virtual Action<TimeSpan, Exception?>? Meter => Method.Meter;

    /// <summary>Gives the caller the exception, unless another outcome came first.</summary>
    public void TryFail(Exception exception)
    {
        if (TryWin() && !IsOneWay)
        {
            DeliverFailure(exception);
        }
    }

    /// <summary>Cancels the token that the method got, where it takes one.</summary>
    public virtual void CancelCallee() { }

    /// <summary>True for exactly one, who must deliver the outcome then.</summary>
    public bool TryWin() => Interlocked.Exchange(ref _won, 1) == 0;

    /// <summary>For the winner only.</summary>
    public abstract void DeliverFailure(Exception exception);

    /// <summary>A call without its arguments of the same method, for the pool.</summary>
    public abstract GrainCall New();

    public void Own(int owners) => _owners = owners;

    public void AddOwner() => Interlocked.Increment(ref _owners);

    /// <summary>One owner lets go. The last one puts the call back into its pool.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _owners) != 0)
        {
            return;
        }

        if (!IsPooled)
        {
            return;
        }
        Clear();
        Method.Return(this);
    }

    public void Begin(MethodShape method, GrainReference target)
    {
        Method = method;
        Target = target;
        Id = NextId();
        _won = 0;
    }

    protected static long NextId()
    {
        if (_lastId % IdsPerBlock == 0)
        {
            _lastId = Interlocked.Increment(ref _idBlocks) * IdsPerBlock;
        }
        return ++_lastId;
    }

    /// <summary>Lets go of arguments and result, so that a pooled call keeps nothing alive.</summary>
    protected virtual void Clear()
    {
        Target = null!;
        Sender = null;
        ParentId = 0;
        Receiver = null;
        IsRunning = false;
        IsOneWay = false;
        Deadline = 0;
        Context = null;
    }
}
