using System.Collections.Immutable;
using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>How many classes of jobs an account may have.</summary>
internal static class ClassRooms
{
    /// <summary>Whether an account with these lines may have a job of a class.</summary>
    public static bool MayHave(IReadOnlyList<BuyerLine> lines, ClassNeeds needs)
    {
        var count = 0;
        foreach (var line in lines)
        {
            if (line.Class.Needs.Name == needs.Name)
            {
                return true;
            }
            count += line.Class == JobClass.Plain ? 0 : 1;
        }
        return needs == ClassNeeds.None || count < MarketPolicy.AccountClassesMax;
    }

    /// <summary>
    /// Of which classes a batch of an account may be: its own, those that others have opened, and a share of what is free.
    /// </summary>
    public static ClassRoom Of(IReadOnlyList<BuyerLine> lines, JobClasses classes, IEnumerable<string> wanted, MarketTime now)
    {
        var own = lines.Where(line => line.Class != JobClass.Plain).Select(line => line.Class.Needs.Name).ToHashSet();
        var linesLeft = MarketPolicy.AccountClassesMax - own.Count;
        var free = FairShare.Room(MarketPolicy.ClassesMax - classes.OpenCount, own.Count, MarketPolicy.AccountPartsOfClasses);
        var more = (int)Math.Max(0, Math.Min(free, classes.OpeningsLeft(now.Running)));
        var allowed = ImmutableArray.CreateBuilder<string>();
        foreach (var name in wanted.Distinct())
        {
            if (!own.Contains(name))
            {
                var isOpen = classes.IsOpen(name);
                if (linesLeft == 0 || (!isOpen && more == 0))
                {
                    continue;
                }
                linesLeft--;
                more -= isOpen ? 0 : 1;
            }
            allowed.Add(name);
        }
        return new ClassRoom(allowed.ToImmutable(), Math.Min(linesLeft, more));
    }
}
