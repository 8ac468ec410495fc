using Marketplace.GrainInterfaces;
using Marketplace.Receipts;

namespace Marketplace.Grains;

/// <summary>The committees of the epoch that the market goes by, each made when it is first asked for.</summary>
/// <param name="domain">The market's.</param>
internal sealed class Committees(MarketDomain domain)
{
    private readonly Dictionary<int, Committee> _ofSizes = [];
    private EpochRoster? _roster;
    private Dictionary<WorkerId, int> _places = [];

    /// <summary>Workers that serve in the epoch.</summary>
    public int Count => _roster?.Drawn.Length ?? 0;

    /// <summary>Its number; 0: none has begun.</summary>
    public ulong Epoch => _roster?.Epoch ?? 0;

    /// <returns>Whether this epoch was not known yet. What was opened under an earlier one goes on under it.</returns>
    public bool Set(EpochRoster roster)
    {
        if (roster.Epoch <= Epoch)
        {
            return false;
        }
        _roster = roster;
        _ofSizes.Clear();
        _places = roster.Drawn.Select((member, place) => (member.Worker, place)).ToDictionary();
        return true;
    }

    /// <summary>The worker's place in the draw; beyond all where it serves in none.</summary>
    public int PlaceOf(WorkerId worker) => _places.GetValueOrDefault(worker, int.MaxValue);

    /// <returns>Null where too few serve in the epoch.</returns>
    public Committee? Of(int size)
    {
        if (_roster is not { } roster || roster.Drawn.Length < size)
        {
            return null;
        }
        if (!_ofSizes.TryGetValue(size, out var committee))
        {
            _ofSizes.Add(size, committee = new Committee(roster.Epoch, roster.Drawn.Take(size), domain) { SignsUntil = roster.SignsUntil });
        }
        return committee;
    }
}
