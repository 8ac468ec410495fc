using Marketplace.GrainInterfaces;

namespace Marketplace.Grains;

/// <summary>Which class a job is of, and which classes an offer meets.</summary>
internal sealed partial class MarketBook
{
    /// <summary>What a batch of an account may open in classes, and what it has open.</summary>
    public ClassRoom ClassRoomFor(AccountId account)
    {
        var own = _queue.LinesOf(account).Where(line => line.Class != JobClass.Plain).ToArray();
        var more = Math.Min(
            MarketPolicy.AccountClassesMax - own.Length,
            FairShare.Room(MarketPolicy.ClassesMax - _classes.OpenCount, own.Length, MarketPolicy.AccountPartsOfClasses)
        );
        return new ClassRoom([.. own.Select(line => line.Class.Needs.Name)], (int)Math.Max(0, more));
    }

    /// <returns>False where its account or the market has too many classes: then it counts as one without needs, and is refused.</returns>
    private bool EnterClass(MarketJob job)
    {
        var needs = ClassNeeds.Of(job.Ticket.Spec.Needs);
        var found = needs == ClassNeeds.None || MayHave(job.Ticket.Account, needs) ? _classes.Enter(needs, ClassOpened) : null;
        job.Class = found ?? _classes.Enter(ClassNeeds.None, ClassOpened)!;
        return found is not null;
    }

    private bool MayHave(AccountId account, ClassNeeds needs)
    {
        var count = 0;
        foreach (var line in _queue.LinesOf(account))
        {
            if (line.Class.Needs.Name == needs.Name)
            {
                return true;
            }
            count += line.Class == JobClass.Plain ? 0 : 1;
        }
        return count < MarketPolicy.AccountClassesMax;
    }

    /// <summary>Every offer is asked once whether it meets the class's needs.</summary>
    private void ClassOpened(JobClass opened)
    {
        var isChanged = false;
        foreach (var offer in _offers.Values)
        {
            var classes = opened.Needs.AreMetBy(offer) ? offer.Classes | opened.Bit : offer.Classes & ~opened.Bit;
            isChanged |= classes != offer.Classes;
            offer.Classes = classes;
        }
        if (isChanged)
        {
            _byPrice.RenewAll();
            _hungry.RenewAll();
            _hungryNewcomers.RenewAll();
        }
    }
}
