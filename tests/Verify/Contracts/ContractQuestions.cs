namespace Marketplace.Verify.Contracts;

/// <summary>Calls that change nothing, each with what the contract must answer; many go to the node at once.</summary>
internal sealed class ContractQuestions(EvmClient client)
{
    private const int WaitingMax = 400;

    /// <summary>After so many everything is wrong.</summary>
    private const int FoundMax = 20;

    private readonly List<(string Kind, EvmRequest Request, bool IsTaken, byte[]? Data)> _waiting = [];
    private readonly List<string> _found = [];

    public SortedDictionary<string, PlayTally> Tallies { get; } = new(StringComparer.Ordinal);

    public IReadOnlyList<string> Found => _found;

    /// <summary>The contract answers with these bytes.</summary>
    public Task Answers(string kind, EvmRequest request, byte[] data) => Ask(kind, request, isTaken: true, data);

    /// <summary>The contract reverts with these bytes.</summary>
    public Task Refuses(string kind, EvmRequest request, byte[] data) => Ask(kind, request, isTaken: false, data);

    /// <summary>The contract answers, or it reverts, with whatever words.</summary>
    public Task Judges(string kind, EvmRequest request, bool isTaken) => Ask(kind, request, isTaken, data: null);

    /// <summary>What the check finds by itself.</summary>
    public void Report(string violation)
    {
        if (_found.Count < FoundMax)
        {
            _found.Add(violation);
        }
    }

    public async Task Flush()
    {
        var answers = await client.Call([.. _waiting.Select(asked => asked.Request)]);
        foreach (var ((kind, _, isTaken, data), answer) in _waiting.Zip(answers))
        {
            if (!Tallies.TryGetValue(kind, out var tally))
            {
                Tallies[kind] = tally = new PlayTally();
            }
            tally.Calls++;
            tally.Succeeded += answer.IsRefused ? 0 : 1;
            if (answer.IsRefused == isTaken || (data is not null && !answer.Data.AsSpan().SequenceEqual(data)))
            {
                Report($"{kind}: C# {Said(!isTaken, data)}; the contract {Said(answer.IsRefused, answer.Data)}");
            }
        }
        _waiting.Clear();
    }

    private async Task Ask(string kind, EvmRequest request, bool isTaken, byte[]? data)
    {
        _waiting.Add((kind, request, isTaken, data));
        if (_waiting.Count >= WaitingMax)
        {
            await Flush();
        }
    }

    private static string Said(bool isRefused, byte[]? data)
    {
        if (data is null)
        {
            return isRefused ? "refuses" : "takes it";
        }
        return isRefused
            ? $"refuses with {Refusal.Said(data)}"
            : $"says 0x{Convert.ToHexStringLower(data.AsSpan(0, Math.Min(data.Length, Bytes32.Size)))}";
    }
}
