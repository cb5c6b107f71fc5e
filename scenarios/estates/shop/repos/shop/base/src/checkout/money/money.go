// Package money adds amounts of one currency without floating point.
package money

import (
	"errors"
	"fmt"

	pb "shop.example/checkout/genproto"
)

const nanosPerUnit = 1_000_000_000

var (
	// ErrMismatch says that two amounts are of different currencies.
	ErrMismatch = errors.New("amounts of different currencies")
	// ErrInvalid says that units and nanos have different signs.
	ErrInvalid = errors.New("amount is not valid")
)

func valid(m *pb.Money) bool {
	sameSign := m.GetUnits() >= 0 && m.GetNanos() >= 0 || m.GetUnits() <= 0 && m.GetNanos() <= 0
	return sameSign && m.GetNanos() > -nanosPerUnit && m.GetNanos() < nanosPerUnit
}

// Sum adds two amounts of one currency.
func Sum(a, b *pb.Money) (*pb.Money, error) {
	if !valid(a) || !valid(b) {
		return nil, ErrInvalid
	}
	if a.GetCurrencyCode() != b.GetCurrencyCode() {
		return nil, fmt.Errorf("%w: %s and %s", ErrMismatch, a.GetCurrencyCode(), b.GetCurrencyCode())
	}
	nanos := int64(a.GetNanos()) + int64(b.GetNanos())
	units := a.GetUnits() + b.GetUnits() + nanos/nanosPerUnit
	return &pb.Money{CurrencyCode: a.GetCurrencyCode(), Units: units, Nanos: int32(nanos % nanosPerUnit)}, nil
}

// MultiplySlow adds an amount to itself n times. Quantities are small.
func MultiplySlow(m *pb.Money, n uint32) *pb.Money {
	total := &pb.Money{CurrencyCode: m.GetCurrencyCode()}
	for range n {
		total, _ = Sum(total, m)
	}
	return total
}

// Format writes an amount for a log line.
func Format(m *pb.Money) string {
	return fmt.Sprintf("%d.%02d %s", m.GetUnits(), m.GetNanos()/10_000_000, m.GetCurrencyCode())
}
