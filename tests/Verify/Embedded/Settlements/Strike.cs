using Marketplace.Tests;

namespace Marketplace.Verify.Settlements;

/// <summary>
/// Kills the silo at the next occurrence of one step, and counts all that are seen. Steps are seen from outside: by what the silo asks its
/// chain, and by what it writes.
/// </summary>
internal sealed class Strike
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, int> _seen = [];
    private SiloProcess? _silo;
    private string? _armed;

    /// <summary>The silo is dead, or dies, by this strike.</summary>
    public bool IsDone { get; private set; }

    /// <summary>For this step the silo is killed; null: for none.</summary>
    public string? Armed => Volatile.Read(ref _armed);

    public void Arm(string step, SiloProcess silo)
    {
        lock (_lock)
        {
            (_armed, _silo, IsDone) = (step, silo, false);
        }
    }

    /// <summary>Nothing is killed any more.</summary>
    public void Disarm()
    {
        lock (_lock)
        {
            _armed = null;
        }
    }

    /// <summary>How often a step was seen.</summary>
    public int Count(string step)
    {
        lock (_lock)
        {
            return _seen.GetValueOrDefault(step);
        }
    }

    /// <summary>How often each step was seen.</summary>
    public IReadOnlyDictionary<string, int> Seen()
    {
        lock (_lock)
        {
            return new Dictionary<string, int>(_seen);
        }
    }

    /// <returns>Whether the silo was killed for it.</returns>
    public bool See(string step)
    {
        SiloProcess? silo;
        lock (_lock)
        {
            _seen[step] = _seen.GetValueOrDefault(step) + 1;
            if (_armed != step)
            {
                return false;
            }
            (_armed, silo) = (null, _silo);
            IsDone = true;
        }
        // The signal is sent when this returns; its end is awaited by the one who armed.
        _ = silo!.Kill();
        return true;
    }
}
