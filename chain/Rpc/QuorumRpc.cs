using System.Numerics;

namespace Marketplace.Chain;

/// <summary>
/// Believes what enough endpoints say alike. They should be of different operators: two names of one provider are one voice. A read is
/// repeated in rounds while too few agree, as after a reorganisation that not all have seen. Sending goes to all, and one is enough.
/// </summary>
/// <remarks>
/// Nodes differ honestly about what is only a guess of each. The head is the newest block that enough endpoints have reached. A pending
/// transaction count is the highest that enough have reached. Gas is the median of the estimates, the higher of two; the priority fee the
/// median, the lower of two.
/// </remarks>
public sealed class QuorumRpc : EvmRpc
{
    private readonly int _quorum;

    /// <param name="options">Names the endpoints.</param>
    /// <param name="quorum">
    /// How many must agree; null: the majority. With fewer two different answers could each have enough; then neither is taken.
    /// </param>
    /// <exception cref="ArgumentException">An option is out of its bounds, or the quorum is not from 1 to all endpoints.</exception>
    public QuorumRpc(RpcOptions options, int? quorum)
        : base(options)
    {
        _quorum = quorum ?? ((Nodes.Count / 2) + 1);
        if (_quorum < 1 || _quorum > Nodes.Count)
        {
            throw new ArgumentException($"The quorum is {_quorum}; allowed are 1 to {Nodes.Count}, the number of endpoints.");
        }
    }

    /// <inheritdoc/>
    public override async Task<BlockHeader> GetHead(HeadKind kind, CancellationToken cancellation)
    {
        var started = Options.TimeProvider.GetTimestamp();
        var question = RpcQuestions.Head(kind, Options.HeaderHashes);
        var voices = await Hear(question, EnoughValues, _quorum, cancellation).ConfigureAwait(false);
        var reached = Reached(voices, header => header.Number);
        if (kind == HeadKind.Latest)
        {
            JudgeHeads(voices, reached, started);
        }
        // Those that are further have the block, too, but did not say its hash yet.
        var atHead = voices.Where(voice => voice.Value!.Number == reached).ToArray();
        return atHead.Length >= _quorum && atHead.DistinctBy(voice => voice.Form).Count() == 1
            ? atHead[0].Value!
            : await FindHeader(BlockId.Of(reached), cancellation).ConfigureAwait(false)
                ?? throw new RpcDisagreementException(question.Method, _quorum, Sayings(voices));
    }

    /// <inheritdoc/>
    public override async Task<ulong> EstimateGas(EvmCall call, BlockId block, CancellationToken cancellation)
    {
        var voices = await Hear(RpcQuestions.Gas(call, block), EnoughEstimates, _quorum, cancellation).ConfigureAwait(false);
        return voices[0].Fault is { } revert ? throw revert : voices.Select(voice => voice.Value).Order().ElementAt(voices.Count / 2);
    }

    /// <inheritdoc/>
    public override async Task<ulong> GetPendingTransactionCount(EvmAddress address, CancellationToken cancellation)
    {
        var question = RpcQuestions.TransactionCount(address, block: null);
        return Reached(await Hear(question, EnoughValues, _quorum, cancellation).ConfigureAwait(false), count => count);
    }

    /// <inheritdoc/>
    public override async Task<BigInteger> GetPriorityFee(CancellationToken cancellation)
    {
        var voices = await Hear(RpcQuestions.PriorityFee(), EnoughValues, _quorum, cancellation).ConfigureAwait(false);
        return voices.Select(voice => voice.Value).Order().ElementAt((voices.Count - 1) / 2);
    }

    private protected override async Task<T> Ask<T>(RpcQuestion<T> question, CancellationToken cancellation)
    {
        var started = Options.TimeProvider.GetTimestamp();
        var voices = await Hear(question, EnoughAlike, _quorum, cancellation).ConfigureAwait(false);
        foreach (var voice in voices)
        {
            voice.Node.Health.Succeed(started);
        }
        return voices[0].Fault is { } revert ? throw revert : voices[0].Value!;
    }

    private protected override Task Tell(RpcQuestion<bool> transaction, CancellationToken cancellation) =>
        Hear(transaction, voices => voices.Where(voice => voice.HasValue).ToArray() is [_, ..] told ? told : null, 1, cancellation);

    /// <summary>Asks all endpoints, in rounds, until enough voices were heard.</summary>
    /// <param name="enough">The voices that together are the answer; null where they are too few.</param>
    /// <param name="least">Endpoints without which no round begins.</param>
    private async Task<IReadOnlyList<Voice<T>>> Hear<T>(
        RpcQuestion<T> question,
        Func<IReadOnlyList<Voice<T>>, IReadOnlyList<Voice<T>>?> enough,
        int least,
        CancellationToken cancellation
    )
    {
        for (var round = 1; ; round++)
        {
            var ready = await Ready(least, cancellation).ConfigureAwait(false);
            var started = Options.TimeProvider.GetTimestamp();
            var voices = await Round(question, ready, enough, cancellation).ConfigureAwait(false);
            if (enough(voices) is { } winners)
            {
                JudgeOthers(question.Method, winners, voices, started);
                return winners;
            }
            var refusals = voices.Where(voice => voice.Fault?.Fault == RpcFault.NodeError).ToArray();
            if (refusals.Length >= _quorum)
            {
                throw refusals[0].Fault!;
            }
            if (ready.Length == 0 || round == RpcPolicy.AttemptsMax)
            {
                throw new RpcDisagreementException(question.Method, _quorum, Sayings(voices));
            }
            var pause = RpcPolicy.FailureAside * (1 << (round - 1)) * Options.Spread();
            await Task.Delay(pause, Options.TimeProvider, cancellation).ConfigureAwait(false);
        }
    }

    /// <summary>Waits until so many endpoints may be asked.</summary>
    /// <returns>These, and others that may be asked by then; none where it would take too long.</returns>
    private async Task<EvmNode[]> Ready(int least, CancellationToken cancellation)
    {
        var asides = Nodes.Select(node => (Node: node, node.Health.Aside)).ToArray();
        var pause = asides.Select(one => one.Aside).Order().ElementAt(least - 1);
        if (pause > RpcPolicy.PauseMax)
        {
            return [];
        }
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, Options.TimeProvider, cancellation).ConfigureAwait(false);
        }
        return [.. asides.Where(one => one.Aside <= pause).Select(one => one.Node)];
    }

    /// <summary>One voice of each endpoint. Once enough were heard, the others have a short time left.</summary>
    private async Task<IReadOnlyList<Voice<T>>> Round<T>(
        RpcQuestion<T> question,
        EvmNode[] ready,
        Func<IReadOnlyList<Voice<T>>, IReadOnlyList<Voice<T>>?> enough,
        CancellationToken cancellation
    )
    {
        using var late = new CancellationTokenSource(Timeout.InfiniteTimeSpan, Options.TimeProvider);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        var voices = Nodes.Except(ready).Select(Silent<T>).ToList();
        var isLate = false;
        await foreach (
            var voice in Task.WhenEach(ready.Select(node => AskOne(node, question, both.Token, cancellation))).ConfigureAwait(false)
        )
        {
            voices.Add(await voice.ConfigureAwait(false));
            if (!isLate && enough(voices) is not null)
            {
                isLate = true;
                late.CancelAfter(RpcPolicy.StragglerTimeMax);
            }
        }
        return voices;
    }

    private async Task<Voice<T>> AskOne<T>(EvmNode node, RpcQuestion<T> question, CancellationToken token, CancellationToken caller)
    {
        var started = Options.TimeProvider.GetTimestamp();
        try
        {
            var value = await node.Ask(question, token).ConfigureAwait(false);
            return new Voice<T>(node, value, Fault: null, question.Form(value));
        }
        catch (EvmRevertException revert)
        {
            return new Voice<T>(node, default, revert, RpcForms.Of(revert));
        }
        catch (RpcException fault)
        {
            return new Voice<T>(node, default, fault, Form: null);
        }
        catch (OperationCanceledException) when (!caller.IsCancellationRequested)
        {
            var seconds = RpcPolicy.StragglerTimeMax.TotalSeconds;
            var fault = new RpcException(node.Endpoint, RpcFault.TimedOut, $"No whole answer within {seconds:0.#} s after enough others.");
            node.Judge(fault, started);
            return new Voice<T>(node, default, fault, Form: null);
        }
    }

    private static Voice<T> Silent<T>(EvmNode node)
    {
        var aside = $"It is put aside for {node.Health.Aside.TotalSeconds:0.#} s more, for: {node.Health.Last}.";
        return new Voice<T>(node, default, new RpcException(node.Endpoint, RpcFault.PutAside, aside), Form: null);
    }

    private IReadOnlyList<Voice<T>>? EnoughAlike<T>(IReadOnlyList<Voice<T>> voices) =>
        voices.Where(voice => voice.Form is not null).GroupBy(voice => voice.Form).Where(alike => alike.Count() >= _quorum).ToArray()
            is [var one]
            ? [.. one]
            : null;

    private IReadOnlyList<Voice<T>>? EnoughValues<T>(IReadOnlyList<Voice<T>> voices) =>
        voices.Where(voice => voice.HasValue).ToArray() is var values && values.Length >= _quorum ? values : null;

    private IReadOnlyList<Voice<T>>? EnoughEstimates<T>(IReadOnlyList<Voice<T>> voices) => EnoughValues(voices) ?? EnoughAlike(voices);

    /// <summary>
    /// The highest number that the quorum has reached. Fewer voices than that cannot lift it, nor hold it back while enough others speak.
    /// </summary>
    private ulong Reached<T>(IReadOnlyList<Voice<T>> voices, Func<T, ulong> number) =>
        voices.Select(voice => number(voice.Value!)).OrderDescending().ElementAt(_quorum - 1);

    private static void JudgeHeads(IReadOnlyList<Voice<BlockHeader>> voices, ulong reached, long started)
    {
        foreach (var voice in voices)
        {
            var its = voice.Value!.Number;
            var fault =
                its < reached && reached - its > RpcPolicy.HeadBlocksMax ? RpcFault.Behind
                : its > reached && its - reached > RpcPolicy.HeadBlocksMax ? RpcFault.Ahead
                : (RpcFault?)null;
            if (fault is { } far)
            {
                var what = $"Its head is block {its}, of the others {reached}.";
                voice.Node.Judge(new RpcException(voice.Node.Endpoint, far, what), started);
            }
        }
    }

    private static void JudgeOthers<T>(string method, IReadOnlyList<Voice<T>> winners, IReadOnlyList<Voice<T>> voices, long started)
    {
        foreach (var voice in voices.Except(winners).Where(voice => voice.Form is not null))
        {
            var fault =
                voice.Form == RpcForms.None ? RpcFault.Behind
                : winners[0].Form == RpcForms.None ? RpcFault.Ahead
                : RpcFault.Disagrees;
            var what = $"{method}: it says {voice.Form}, where {winners.Count} others say {winners[0].Form}.";
            voice.Node.Judge(new RpcException(voice.Node.Endpoint, fault, what), started);
        }
    }

    private static RpcSaying[] Sayings<T>(IReadOnlyList<Voice<T>> voices) =>
        [.. voices.Select(voice => new RpcSaying(voice.Node.Endpoint.Name, voice.Form ?? voice.Fault!.What))];

    /// <summary>What one endpoint said in a round.</summary>
    /// <param name="Fault">Null beside a value. A revert counts as a voice.</param>
    /// <param name="Form">By which voices are compared; null where the endpoint has none.</param>
    private sealed record Voice<T>(EvmNode Node, T? Value, RpcException? Fault, string? Form)
    {
        public bool HasValue => Fault is null;
    }
}
