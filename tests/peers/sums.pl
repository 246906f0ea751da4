# sum(session) in Perl for statsPeriod and start/end, with a bug on purpose: the end of the window is inclusive.
use strict;
use warnings;
use JSON::PP;
use Time::Local qw(timegm_modern);

$| = 1;
my %unit = (s => 1, m => 60, h => 3600, d => 86400, w => 604800);

sub period {    # digits and a unit, as seconds; nothing if it is none (§3.1)
    my ($text) = @_;
    return defined $text && $text =~ /^(\d+)([smhdw]?)$/ ? $1 * $unit{ $2 || 's' } : undef;
}

sub micros {    # an instant, as microseconds since 1970 (§1.1)
    my ($text) = @_;
    return int($text * 1e6 + 0.5) if $text =~ /^[0-9.e+]+$/;
    my ($y, $m, $d, $H, $M, $S, $f, $sign, $zh, $zm) = $text =~
      /^(\d{4})-?(\d\d)-?(\d\d)(?:[T ](\d\d):?(\d\d)?:?(\d\d)?(?:[.,](\d+))?(?:Z|([+-])(\d\d):?(\d\d))?)?$/
      or die "not an instant: $text\n";
    my $seconds = timegm_modern($S // 0, $M // 0, $H // 0, $d, $m - 1, $y);
    $seconds -= ($sign . '1') * ($zh * 3600 + $zm * 60) if $sign;
    return $seconds * 1_000_000 + substr(($f // '') . '000000', 0, 6);
}

sub iso {
    my ($s, $m, $h, $d, $month, $year) = gmtime($_[0] / 1_000_000);
    return sprintf '%04d-%02d-%02dT%02d:%02d:%02dZ', $year + 1900, $month + 1, $d, $h, $m, $s;
}

while (my $line = <STDIN>) {
    my $request = decode_json($line);
    my %params  = %{ $request->{params} };
    my $width   = (period($params{interval}) // 3600) * 1_000_000;
    my $now     = micros($request->{now});
    my ($start, $end) = ($now - 90 * 86400e6, $now);
    if (defined $params{statsPeriod}) {
        $start = $now - period($params{statsPeriod}) * 1_000_000;
    } elsif (defined $params{statsPeriodStart}) {
        $start = $now - period($params{statsPeriodStart}) * 1_000_000;
        $end   = $now - period($params{statsPeriodEnd}) * 1_000_000;
    } elsif (defined $params{start}) {
        ($start, $end) = (micros($params{start}), micros($params{end}));
    }
    $start = $now if $start > $now;
    $start -= $start % $width;
    $end += -$end % $width;
    my $n      = ($end - $start) / $width;
    my @series = (0) x $n;
    my $total  = 0;
    my %visible = map { $_ => 1 } values %{ $request->{projects} // {} };
    for my $row (@{ $request->{sessions} }) {
        next if $request->{projects} && !$visible{ $row->{project_id} };
        my $started = micros($row->{started});
        next if $started < $start || $started > $end;    # the bug: it should be >=
        my $bucket = int(($started - $start) / $width);
        $series[ $bucket < $n ? $bucket : $n - 1 ] += 1;
        $total += 1;
    }
    my $field = 'sum(session)';
    my $group = { by => {}, totals => { $field => $total }, series => { $field => \@series } };
    my $body  = {
        start     => iso($start),
        end       => iso($end),
        query     => '',
        intervals => [ map { iso($start + $_ * $width) } 0 .. $n - 1 ],
        groups    => [$group],
    };
    print encode_json({ id => $request->{id}, status => 200, body => $body }), "\n";
}
