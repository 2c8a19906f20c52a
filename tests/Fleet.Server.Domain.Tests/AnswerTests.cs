namespace Fleet.Server.Domain.Tests;

public sealed class AnswerTests
{
    [Test]
    public void Answer_is_a_result_or_a_refusal()
    {
        Answer<string> yes = "done";
        Answer<string> no = Refusal.Missing("terminals/lane1");

        Assert.That(yes.TryGet(out var value, out var none), Is.True);
        Assert.That((value, none), Is.EqualTo(("done", (Refusal?)null)));
        Assert.That(no.TryGet(out var nothing, out var refusal), Is.False);
        Assert.That(nothing, Is.Null);
        Assert.That((refusal!.Kind, refusal.Code, refusal.Subject), Is.EqualTo((RefusalKind.NotFound, RefusalCodes.NotFound, "terminals/lane1")));
    }

    [Test]
    public void Interface_is_an_answer_too() => Assert.That(Answers.Of<IEnumerable<int>>([1]).Value, Is.EqualTo(new[] { 1 }));

    [TestCase(0, 100)]
    [TestCase(-5, 100)]
    [TestCase(7, 7)]
    [TestCase(5000, 1000)]
    public void Page_size_stays_within_its_bounds(int asked, int effective) =>
        Assert.That(new ListQuery(asked, string.Empty, string.Empty).EffectivePageSize, Is.EqualTo(effective));
}
